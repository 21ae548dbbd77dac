import { explain, type Insight } from '#base/explanation';
import type { SubjectId } from '#mirror/history/record';
import { toldOf } from '../told-explanation.ts';
import type { StreamEvent, ToldEvent } from './stream-event.ts';

/** An event in words, with as much of its reasons as the listener may see now. Most events have none, so it is asked where one has. */
export function toldEventOf(event: StreamEvent, insightInto: (subject: SubjectId) => Insight): ToldEvent {
  switch (event.type) {
    case 'finding': {
      const { reported: _, ...rest } = event;
      return { ...rest, ...toldOf(event, insightInto(event.subject)) };
    }
    case 'incident': {
      const { reason, ...rest } = event;
      return reason === undefined ? rest : { ...rest, reason: explain(reason, insightInto(event.subject)) };
    }
    case 'command': {
      const { reasons, ...rest } = event;
      if (reasons === undefined) return rest;
      const insight = insightInto(event.subject);
      return { ...rest, reasons: reasons.map((reason) => explain(reason, insight)) };
    }
    case 'property':
    case 'connection':
    case 'twin':
      return event;
  }
}
