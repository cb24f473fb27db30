// The TextMate grammar on every policy of the repository: nothing stays open at the end of a file,
// and no reserved word is taken for a name.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma');
const { Registry, parseRawGrammar, INITIAL } = require('vscode-textmate');

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');

function policies(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      return ['target', 'node_modules', 'vscode'].includes(name) ? [] : policies(path);
    }
    return name.endsWith('.mam') ? [path] : [];
  });
}

/** The reserved words, as the grammar of the parser lists them. */
function reservedWords() {
  const grammar = readFileSync(join(root, 'grammar/mam.pest'), 'utf8');
  const rule = /\nreserved = \{([^}]*)\}/.exec(grammar)[1];
  return new Set([...rule.matchAll(/"([a-z-]+)"/g)].map((one) => one[1]));
}

await loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')));
const path = join(here, '../syntaxes/mam.tmLanguage.json');
const registry = new Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new OnigScanner(patterns),
    createOnigString: (text) => new OnigString(text),
  }),
  loadGrammar: async () => parseRawGrammar(readFileSync(path, 'utf8'), path),
});
const grammar = await registry.loadGrammar('source.mam');

const reserved = reservedWords();
const folders = ['examples', 'tests/conformance', 'src/catalogue'].map((one) => join(root, one));
const wrong = [];
let files = 0;
for (const file of folders.flatMap(policies)) {
  files += 1;
  let state = INITIAL;
  readFileSync(file, 'utf8').split('\n').forEach((line, at) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const text = line.slice(startIndex, endIndex);
      const scope = scopes.at(-1);
      if (scope.startsWith('invalid') || (reserved.has(text) && /variable\.other\.name/.test(scope))) {
        wrong.push(`${file}:${at + 1}: \`${text}\` is ${scope}`);
      }
    }
  });
  const { tokens } = grammar.tokenizeLine('policy end-of-file {', state);
  if (tokens[0].scopes.join(' ') !== 'source.mam keyword.other.declaration.mam') {
    wrong.push(`${file}: ${tokens[0].scopes.at(-1)} is open at the end`);
  }
}
if (files < 50 || reserved.size < 50) {
  wrong.push(`only ${files} files and ${reserved.size} words are found`);
}
if (wrong.length > 0) {
  console.error(wrong.join('\n'));
  process.exit(1);
}
console.log(`${files} policies`);
