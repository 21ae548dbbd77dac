import { Fault } from '#base/fault';
import type { CommandRequest } from './request.ts';

/** A number of the command's input. @throws Fault `command.malformed` when it is missing or not finite */
export function numberInput(request: CommandRequest, name: string): number {
  const value = request.input[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Fault('command.malformed', `command ${request.action}: \`${name}\` is \`${value}\`, not a number`, {
    name,
  });
}
