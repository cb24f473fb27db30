// The problem matchers take the lines of `mam check --format short`, with the severities of the editor.

import { readFileSync } from 'node:fs';
import assert from 'node:assert';

const { contributes } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));
const line = (severity) => `policies/a b.mam:7:12: ${severity}[mam::check::cannot-protect]: \`x\` has no \`sdk\``;
const expected = { error: ['mam', 'error'], warning: ['mam', 'warning'], advice: ['mam-advice', 'info'] };

for (const [written, [matcher, severity]] of Object.entries(expected)) {
  const found = contributes.problemMatchers.flatMap(({ name, pattern, severity: fixed }) => {
    const match = new RegExp(pattern.regexp).exec(line(written));
    const part = (key) => match[pattern[key]];
    return match ? [{ name, severity: fixed ?? part('severity'), file: part('file'), line: part('line'), code: part('code') }] : [];
  });
  const place = { file: 'policies/a b.mam', line: '7', code: 'mam::check::cannot-protect' };
  assert.deepStrictEqual(found, [{ name: matcher, severity, ...place }]);
}
console.log('3 severities');
