import { explain, type Insight } from '#base/explanation';
import { toldOf } from '../told-explanation.ts';
import type { StreamEvent, ToldEvent } from './stream-event.ts';

/** An event in words, with as much of its reasons as `insight` permits. */
export function toldEventOf(event: StreamEvent, insight: Insight): ToldEvent {
  switch (event.type) {
    case 'finding': {
      const { reported: _, ...rest } = event;
      return { ...rest, ...toldOf(event, insight) };
    }
    case 'incident': {
      const { reason, ...rest } = event;
      return reason === undefined ? rest : { ...rest, reason: explain(reason, insight) };
    }
    case 'command': {
      const { reasons, ...rest } = event;
      return reasons === undefined ? rest : { ...rest, reasons: reasons.map((reason) => explain(reason, insight)) };
    }
    case 'property':
    case 'connection':
    case 'twin':
      return event;
  }
}
