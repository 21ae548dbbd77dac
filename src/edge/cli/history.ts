import type { Command } from 'commander';
import { addBackupCommands } from './history/backup.ts';
import { addCheckpointCommand, addExportCommand } from './history/export.ts';
import { addKeysCommand } from './history/keys.ts';
import { addProveCommand } from './history/prove.ts';
import { addVerifyCommand } from './history/verify.ts';
import { addWitnessCommand } from './history/witness.ts';

/** `wardtwin history ...`, `backup`, `restore` and `keys ...`: what can be done with a history from outside the platform. */
export function addHistoryCommand(program: Command, setExit: (code: number) => void): void {
  const history = program.command('history').description('verify, prove and export the sealed history of a live ward');
  addVerifyCommand(history, setExit);
  addProveCommand(history);
  addExportCommand(history);
  addCheckpointCommand(history);
  addWitnessCommand(history, setExit);
  addBackupCommands(program);
  addKeysCommand(program);
}
