import Type, { type Static } from 'typebox';
import { type Explanation, explain, type Insight, withoutReported } from '#base/explanation';

const Values = Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()]));

export const ToldExplanation = {
  statement: Type.String({ description: 'A sentence; `\u2026` stands for what you may not see' }),
  values: Values,
  reported: Type.Optional({
    ...Values,
    description: 'What devices report, or what is derived of it; where you may read the twin',
  }),
};
export type ToldExplanation = Static<ReturnType<typeof Type.Object<typeof ToldExplanation>>>;

/** An explanation as one caller is told of it. */
export function toldOf(explanation: Explanation, insight: Insight): ToldExplanation {
  const { values = {}, reported = {} }: Explanation = insight.reported ? explanation : withoutReported(explanation);
  return { statement: explain(explanation, insight), values, ...(insight.reported ? { reported } : {}) };
}
