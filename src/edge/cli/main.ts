import { Command } from 'commander';
import { Fault } from '#base/fault';
import { version } from '#edge/exercise/version';
import { addDeviceCommand } from './device.ts';
import { EXIT } from './exit.ts';
import { addHistoryCommand } from './history.ts';
import { addPhysiologyCommand } from './physiology.ts';
import { addPolicyCommand } from './policy.ts';
import { addRebuildCommand } from './rebuild.ts';
import { addReplayCommand } from './replay.ts';
import { addScenariosCommand } from './scenarios.ts';
import { addServeCommand } from './serve.ts';
import { addValidateCommand } from './validate.ts';
import { addWatchCommand } from './watch.ts';

const program = new Command('wardtwin')
  .description(
    'digital twins for connected medical devices: attack the twins, judge the defences by what reaches the patient',
  )
  .version(version)
  .showHelpAfterError('(add --help for what there is)')
  .exitOverride();

const setExit = (code: number): void => {
  process.exitCode = code;
};
addValidateCommand(program, setExit);
addServeCommand(program, setExit);
addDeviceCommand(program, setExit);
addWatchCommand(program, setExit);
addHistoryCommand(program, setExit);
addRebuildCommand(program, setExit);
addPolicyCommand(program, setExit);
addScenariosCommand(program);
addReplayCommand(program);
addPhysiologyCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** A fault of the input is told in its own words; anything else is ours, and is shown with its trace. */
function exitCodeOf(error: unknown): number {
  if (error instanceof Fault) {
    console.error(error.message);
    return error.code === 'history.tampered' ? EXIT.violated : EXIT.badInput;
  }
  if (isCommanderExit(error)) return error.exitCode === 0 ? 0 : EXIT.badInput;
  console.error(error);
  return 70;
}

function isCommanderExit(error: unknown): error is { readonly exitCode: number } {
  return (
    error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')
  );
}
