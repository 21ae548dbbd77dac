import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { standardPolicies } from '#edge/access/cedar/access-policies';
import { addPolicyCommand } from '#edge/cli/policy';

async function run(
  ...words: readonly string[]
): Promise<{ readonly exit: number | undefined; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  let exit: number | undefined;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addPolicyCommand(
    program,
    (code) => {
      exit = code;
    },
    (line) => lines.push(line),
  );
  await program.parseAsync(['policy', ...words], { from: 'user' });
  return { exit, lines };
}

test('the policies that are delivered are valid', async () => {
  const { exit, lines } = await run('check');
  assert.equal(exit, 0);
  assert.match(lines.join('\n'), /policies, all valid$/);
});

test('what is wrong with policies is told, all of it, with its file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-policy-'));
  try {
    writeFileSync(join(directory, 'ward.cedarschema'), readFileSync(join(standardPolicies, 'wardtwin.cedarschema')));
    writeFileSync(join(directory, 'a.cedar'), 'permit(principal, action, resource);');
    writeFileSync(
      join(directory, 'b.cedar'),
      '@id("b") @statement("s") @reason("r") permit(principal, action, resource) when { context.night };',
    );
    const { exit, lines } = await run('check', directory);
    assert.equal(exit, 1);
    assert.match(lines.join('\n'), /a\.cedar, 1\.: @id is ``/);
    assert.match(lines.join('\n'), /b\.cedar, b: .*night.*not found/);
    const json = await run('check', directory, '--format', 'json');
    assert.equal(JSON.parse(json.lines[0]!).valid, false);
  } finally {
    rmSync(directory, { recursive: true });
  }
  await assert.rejects(run('check', '/there/is/no/such/folder'), { code: 'policy.unreadable' });
});

test('a decision is explained by the statements that determined it', async () => {
  const clinician = ['explain', '--role', 'clinician', '--action', 'readTwin', '--ward', 'w1'];
  const own = await run(...clinician, '--patient-of', 'p1');
  assert.deepEqual([own.exit, own.lines[0]], [0, 'permit: clinician, readTwin on the twin of p1 in w1, for care']);
  assert.match(
    own.lines.join('\n'),
    /clinician-reads-own-patients \(permit, clinician\.cedar\)\n {4}a clinician reads/,
  );

  const stranger = await run(...clinician);
  assert.deepEqual([stranger.exit, stranger.lines[1]], [1, '  default-refuse: no policy permits it']);
  assert.equal((await run(...clinician, '--break-glass')).exit, 0);
  assert.equal((await run(...clinician, '--patient-of', 'p1', '--in-ward', 'w2')).exit, 1);
  const scoped = await run(...clinician, '--patient-of', 'p1', '--program', '--scope', 'readThing');
  assert.match(scoped.lines[1]!, /scope does not name/);

  const json = await run(...clinician, '--patient-of', 'p1', '--purpose', 'research', '--format', 'json');
  assert.equal(JSON.parse(json.lines[0]!).determinedBy[0].id, 'research-needs-consent');
});

test('words that are no role, action or purpose are refused', async () => {
  await assert.rejects(run('explain', '--role', 'surgeon', '--action', 'readTwin'), { code: 'policy.question' });
  await assert.rejects(run('explain', '--role', 'clinician', '--action', 'readTwins'), {
    code: 'commander.invalidArgument',
  });
});
