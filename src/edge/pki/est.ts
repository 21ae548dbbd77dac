import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { IssuedCertificate } from './certificate-authority.ts';
import { REQUEST_LIMIT } from './certificate-request.ts';
import { createEnrolment, type EnrolmentDeps } from './enrolment.ts';
import { CERTIFICATES_TYPE, EST_PATH, encodeCertificates, REQUEST_TYPE } from './est-payload.ts';
import { sendPlainRefusal } from './plain-refusal.ts';

/** Base64 takes a third more than the DER, and line breaks a little. */
const BODY_LIMIT = 2 * REQUEST_LIMIT;

/**
 * Enrolment over secure transport (RFC 7030, as clarified by RFC 8951): a device that holds a single-use token for its thing gets a
 * certificate; one that holds a certificate gets the next. There is one authority, so paths with a label do not exist (404).
 */
export const estRoutes =
  (deps: EnrolmentDeps): FastifyPluginAsync =>
  async (app) => {
    const enrolment = createEnrolment(deps);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(REQUEST_TYPE, { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    );
    app.setErrorHandler(sendPlainRefusal);

    const post = (path: string, serve: (request: FastifyRequest) => Promise<IssuedCertificate>) =>
      app.post(`${EST_PATH}/${path}`, async (request, reply) => {
        const { certificate } = await serve(request);
        return reply
          .headers(BASE64)
          .type(CERTIFICATES_TYPE)
          .send(encodeCertificates([certificate]));
      });
    post('simpleenroll', enrolment.enrol);
    post('simplereenroll', enrolment.renew);
    app.get(`${EST_PATH}/cacerts`, async (_request, reply) =>
      reply.headers(BASE64).type(CERTIFICATES_TYPE).send(encodeCertificates(deps.authority.authorities())),
    );
    // nothing that a device should put into its request: RFC 7030, 4.5.2
    app.get(`${EST_PATH}/csrattrs`, async (_request, reply) => reply.code(204).send());
  };

const BASE64 = { 'content-transfer-encoding': 'base64' };
