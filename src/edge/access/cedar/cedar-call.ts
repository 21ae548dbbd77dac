import type { CedarValueJson, EntityJson, StatefulAuthorizationCall, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import {
  type AuthorizationQuestion,
  type Circumstances,
  type Principal,
  purposeOf,
  type Resource,
  subjectOf,
} from '#assure/access/authorization';

/** A question in Cedar's terms. Everything in it comes from what the platform knows, nothing is passed through. */
export function cedarCall(
  policies: string,
  principal: Principal,
  question: AuthorizationQuestion,
  circumstances: Circumstances,
): StatefulAuthorizationCall {
  const { resource, affordance } = question;
  const subject = subjectOf(resource);
  const who = principalEntity(principal);
  const what = resourceEntity(resource, circumstances);
  return {
    principal: who.uid,
    action: uid('Action', question.action),
    resource: what.uid,
    context: {
      purpose: reference('Purpose', purposeOf(principal, question)),
      // The relation is told as a fact: a clinician's list of patients would cost ten microseconds per patient and question.
      treats: subject !== undefined && principal.patients.includes(subject),
      brokenGlass: circumstances.brokenGlass,
      ...(affordance === undefined ? {} : { affordance }),
    },
    preparsedSchemaName: policies,
    preparsedPolicySetId: policies,
    validateRequest: true,
    // An enumerated entity is known from the schema, and may not be given.
    entities: what.uid.type === 'Platform' ? [who] : [who, what],
  };
}

interface Entity extends EntityJson {
  uid: TypeAndId;
}

const uid = (type: string, id: string): TypeAndId => ({ type, id });
const reference = (type: string, id: string): CedarValueJson => ({ __entity: uid(type, id) });

function principalEntity({ kind, id, roles, wards }: Principal): Entity {
  return {
    uid: uid(kind === 'person' ? 'Person' : 'Program', id),
    attrs: { wards: wards.map((ward) => reference('Ward', ward)), account: reference('Account', id) },
    parents: roles.map((role) => uid('Role', role)),
  };
}

function resourceEntity(resource: Resource, { programAccount }: Circumstances): Entity {
  switch (resource.type) {
    case 'Twin': {
      const { subject, ward, research = false } = resource;
      return inWard('Twin', subject, ward, { patient: reference('Patient', subject), research });
    }
    case 'Thing': {
      const { thing, subject, ward, research = false } = resource;
      return inWard('Thing', thing, ward, { patient: reference('Patient', subject), research });
    }
    case 'Ward':
      return { uid: uid('Ward', resource.ward), attrs: {}, parents: [] };
    case 'Account':
      return { uid: uid('Account', resource.account), attrs: { program: programAccount }, parents: [] };
    case 'Platform':
      return { uid: uid('Platform', 'platform'), attrs: {}, parents: [] };
  }
}

const inWard = (type: string, id: string, ward: string, attrs: Record<string, CedarValueJson>): Entity => ({
  uid: uid(type, id),
  attrs: { ward: reference('Ward', ward), ...attrs },
  parents: [uid('Ward', ward)],
});

/** How a resource is named in records. */
export function resourceName(resource: Resource): { readonly type: string; readonly id: string } {
  return { type: resource.type, id: resourceEntity(resource, { brokenGlass: false, programAccount: false }).uid.id };
}
