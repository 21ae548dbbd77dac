import type { Derivative } from '#model/physiology/integrate';
import type { PlantInputs } from '#model/physiology/patient-model';
import type { UvaPadova2008Parameters } from '#model/physiology/uva-padova-2008';

/** The equations written down one by one, as slow as they read: the reference model beside the fast one. */
export function createUvaPadova2008Derivative(
  p: UvaPadova2008Parameters,
  inputs: PlantInputs & { readonly mealMg: number },
): Derivative {
  return (_time, x, dx) => {
    const [q1, q2, qgut, gp, gt, ip, action, i1, xl, il, s1, s2, gs] = x as unknown as readonly number[] & {
      readonly length: 13;
    };
    const stomach = q1! + q2!;
    const aa = 5 / (2 * inputs.mealMg * (1 - p.b));
    const cc = 5 / (2 * inputs.mealMg * p.d);
    const kgut =
      inputs.mealMg > 0
        ? p.kmin +
          ((p.kmax - p.kmin) / 2) *
            (Math.tanh(aa * (stomach - p.b * inputs.mealMg)) - Math.tanh(cc * (stomach - p.d * inputs.mealMg)) + 2)
        : p.kmax;
    const appearance = (p.f * p.kabs * qgut!) / p.BW;
    const production = Math.max(0, p.kp1 - p.kp2 * gp! - p.kp3 * inputs.insulinSensitivity * xl!);
    const excretion = p.ke1 * Math.max(0, gp! - p.ke2);
    const use = ((p.Vm0 + p.Vmx * inputs.insulinSensitivity * action!) * gt!) / (p.Km0 + gt!);
    const plasmaInsulin = ip! / p.Vi;
    const whereNotNegative = (value: number, slope: number): number => (value >= 0 ? slope : 0);
    dx[0] = -p.kmax * q1! + inputs.carbohydrates * 1000;
    dx[1] = p.kmax * q1! - kgut * q2!;
    dx[2] = kgut * q2! - p.kabs * qgut!;
    dx[3] = whereNotNegative(gp!, production + appearance - p.Fsnc - excretion - p.k1 * gp! + p.k2 * gt!);
    dx[4] = whereNotNegative(gt!, -use + p.k1 * gp! - p.k2 * gt!);
    dx[5] = whereNotNegative(ip!, -(p.m2 + p.m4) * ip! + p.m1 * il! + p.ka1 * s1! + p.ka2 * s2!);
    dx[6] = p.p2u * (plasmaInsulin - p.Ib - action!);
    dx[7] = -p.ki * (i1! - plasmaInsulin);
    dx[8] = -p.ki * (xl! - i1!);
    dx[9] = whereNotNegative(il!, -(p.m1 + p.m30) * il! + p.m2 * ip!);
    dx[10] = whereNotNegative(s1!, (inputs.insulin * 6000) / p.BW - (p.ka1 + p.kd) * s1!);
    dx[11] = whereNotNegative(s2!, p.kd * s1! - p.ka2 * s2!);
    dx[12] = whereNotNegative(gs!, p.ksc * (gp! - gs!));
  };
}
