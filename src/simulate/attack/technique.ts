import type { Random } from '#base/random';
import type { Millis } from '#base/time';
import type { FaultPoints, Position } from '#simulate/world/fault-points';

/** One adversarial technique: what it stands for, where it must stand, and what it does through the fault points. */
export interface Technique<P extends Position = Position, Parameters extends ParameterValues = ParameterValues> {
  /** Kebab-case, the name of the file; with the position behind it where one file holds a technique for several positions. */
  readonly id: string;
  readonly title: string;
  /** Ids of MITRE ATT&CK for ICS techniques, the closest first, for example `T0856`. */
  readonly attackIcs: readonly string[];
  /** Ids of MITRE EMB3D threats, for example `TID-310`; none where EMB3D, which is about the device, has nothing that fits. */
  readonly emb3d: readonly string[];
  /** The advisory, CVE or paper that the technique stands for. */
  readonly standsFor: readonly string[];
  readonly position: P;
  /** What must be true of the devices for it to work; said here, checked by nobody: success emerges. */
  readonly preconditions: readonly string[];
  readonly parameters: ParameterSpecification<Parameters>;
  /** Begins to act now; `stop` of the adversary ends it. */
  launch(adversary: Adversary<P>, parameters: Parameters): void;
}

export type ParameterValues = Readonly<Record<string, number | string | boolean | readonly number[]>>;

export type ParameterSpecification<Parameters extends ParameterValues> = {
  readonly [Name in keyof Parameters]: ParameterSpec<Parameters[Name]>;
};

export interface ParameterSpec<Value> {
  readonly description: string;
  /** UCUM unit, where it has one. */
  readonly unit?: string;
  readonly default: Value;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly Value[];
}

/** The adversary's hands during one technique: its fault points, its own timers and dice, and a log of its acts. */
export interface Adversary<P extends Position = Position> {
  readonly point: FaultPoints[P];
  readonly random: Random;
  now(): Millis;
  /** Runs `act` after `delay`, unless the technique has been stopped by then. */
  after(delay: Millis, act: () => void): void;
  /** Runs `act` now and then every `period`, until the technique is stopped. */
  every(period: Millis, act: () => void): void;
  /** Called once when the campaign ends the technique: undo the taps. */
  onStop(undo: () => void): void;
  /** Logs an adversarial act. The first one starts the clock of detection. */
  act(what: string): void;
}
