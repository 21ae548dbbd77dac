import { fromUtf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { parseCosignRequest } from '../store/cosign-request.ts';
import type { CosignAnswer, CosignRequest } from '../store/witness.ts';

/** What goes back over HTTP (C2SP tlog-witness). */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const PLAIN = 'text/plain; charset=utf-8';

/**
 * Answers the body of an `add-checkpoint`.
 * @throws Fault `witness.memory` when what would be cosigned cannot be kept
 */
export function answerRequest(witness: (request: CosignRequest) => CosignAnswer, body: Uint8Array): HttpAnswer {
  const request = parsed(body);
  if (request === undefined) return { status: 400, type: PLAIN, body: 'not an add-checkpoint request\n' };
  const answer = witness(request);
  switch (answer.kind) {
    case 'cosigned':
      return { status: answer.status, type: PLAIN, body: answer.lines };
    case 'conflict':
      return { status: answer.status, type: 'text/x.tlog.size', body: `${answer.size}\n` };
    case 'refused':
      return { status: answer.status, type: PLAIN, body: `${answer.reason}\n` };
  }
}

function parsed(body: Uint8Array): CosignRequest | undefined {
  try {
    return parseCosignRequest(fromUtf8(body));
  } catch (error) {
    // bytes that are no UTF-8 are a TypeError
    if (error instanceof TypeError || (error instanceof Fault && error.code === 'witness.request')) return undefined;
    throw error;
  }
}
