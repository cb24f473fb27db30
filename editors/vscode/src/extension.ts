// The extension: it starts the language server, and shows what its commands answer.

import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/node';

/** The answer of a command of the server. */
interface Shown {
  title: string;
  markdown: string;
}

/** The question about the statement under the cursor, and the policy around it, as the server finds them. */
interface Place {
  command: string | null;
  scope: string | null;
  policy: string | null;
}

/** Schemes of texts that the server has: catalogues, explanations of codes, and answers of commands. */
const CATALOGUE = 'mam-catalogue';
const EXPLANATION = 'mam-explanation';
const RESULT = 'mam-result';

let client: LanguageClient | undefined;

/** The last start or stop of the server. The next one waits for it. */
let turn: Promise<void> = Promise.resolve();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const results = new Results();
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(RESULT, results),
    vscode.workspace.registerTextDocumentContentProvider(CATALOGUE, { provideTextDocumentContent: catalogue }),
    vscode.workspace.registerTextDocumentContentProvider(EXPLANATION, { provideTextDocumentContent: explanation }),
    vscode.commands.registerCommand('mam.explainScope', () => explain(results)),
    vscode.commands.registerCommand('mam.showMatrix', () => showMatrix(results)),
    vscode.commands.registerCommand('mam.showPaths', () => ask(results, 'mam.paths', {})),
    vscode.commands.registerCommand('mam.showDiff', () => ask(results, 'mam.diff', { against: 'commit' })),
    vscode.commands.registerCommand('mam.showUnsaved', () => ask(results, 'mam.diff', { against: 'saved' })),
    vscode.commands.registerCommand('mam.restart', () => restart(results)),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      const names = ['server', 'sets', 'lints', 'idle'];
      if (names.some((name) => change.affectsConfiguration(`mam.${name}`))) {
        await restart(results);
      }
    }),
  );
  await restart(results);
}

export async function deactivate(): Promise<void> {
  await inTurn(stop);
}

/** Does something after all that was begun before. */
function inTurn(act: () => Promise<void>): Promise<void> {
  turn = turn.then(act, act);
  return turn;
}

/** The client, with the server and the options that the settings name. */
function create(results: Results): LanguageClient {
  const settings = vscode.workspace.getConfiguration('mam');
  const command = settings.get<string>('server.path', 'mam');
  const server = { command, args: ['lsp'] };
  return new LanguageClient('mam', 'mam', server, {
    // Not the catalogues: the server shows them and is not asked about them.
    documentSelector: [
      { scheme: 'file', language: 'mam' },
      { scheme: 'untitled', language: 'mam' },
      { scheme: 'file', language: 'json', pattern: '**/*.{mam,intune}.json' },
    ],
    initializationOptions: {
      sets: settings.get('sets', []),
      lints: settings.get('lints', true),
      idle: settings.get('idle', 250),
      catalogues: `${CATALOGUE}:/`,
      explanations: `${EXPLANATION}:/`,
      shows: true,
    },
    middleware: {
      // The commands of lenses and actions answer with a text, which is shown.
      executeCommand: async (name, given, next) => {
        const shown: Shown | null = await next(name, given);
        if (shown?.markdown) {
          await results.show(shown);
        }
        return shown;
      },
    },
  });
}

/** Stops the server, if one runs. One that does not answer any more is no reason to fail. */
async function stop(): Promise<void> {
  const old = client;
  client = undefined;
  try {
    await old?.dispose();
  } catch (error) {
    console.warn(`mam: the language server does not stop: ${error}`);
  }
}

/** Starts the server that the settings name now, in place of one that runs. */
async function restart(results: Results): Promise<void> {
  await inTurn(async () => {
    await stop();
    client = create(results);
    try {
      await client.start();
    } catch (error) {
      void offerSettings(error);
    }
  });
}

async function offerSettings(error: unknown): Promise<void> {
  const open = 'Open Settings';
  const message = `The language server does not start: ${error}`;
  if ((await vscode.window.showErrorMessage(message, open)) === open) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'mam.server.path');
  }
}

/** Asks the server about the set of the open policy, and shows the answer. */
async function ask(results: Results, command: string, argument: object): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!client || editor?.document.languageId !== 'mam') {
    return;
  }
  const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
  const params = { command, arguments: [{ uri, ...argument }] };
  try {
    const shown = await client.sendRequest<Shown | null>('workspace/executeCommand', params);
    if (shown?.markdown) {
      await results.show(shown);
    }
  } catch (error) {
    void vscode.window.showWarningMessage(`mam: ${error instanceof Error ? error.message : error}`);
  }
}

/** The place under the cursor, as the server sees it. */
async function placeAtCursor(editor: vscode.TextEditor): Promise<Place | null> {
  if (!client) {
    return null;
  }
  const uri = client.code2ProtocolConverter.asUri(editor.document.uri);
  const position = client.code2ProtocolConverter.asPosition(editor.selection.active);
  const params = { command: 'mam.scope', arguments: [{ uri, position }] };
  return client.sendRequest<Place | null>('workspace/executeCommand', params);
}

/** Explains the selected scope, or that of the statement under the cursor. */
async function explain(results: Results): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return;
  }
  const selected = editor.document.getText(editor.selection).trim();
  const place = selected ? null : await placeAtCursor(editor);
  const value = selected || place?.scope || '';
  const scope = await vscode.window.showInputBox({ title: 'Explain a scope', value });
  if (scope) {
    // A scope in a policy means what that policy is for.
    const own = scope === place?.scope ? place : null;
    await ask(results, own?.command ?? 'mam.explain', { scope, policy: own?.policy });
  }
}

/** Shows the matrix of the policy around the cursor, or of the whole set. */
async function showMatrix(results: Results): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const place = editor ? await placeAtCursor(editor) : null;
  await ask(results, 'mam.matrix', place?.policy ? { policy: place.policy } : {});
}

/** Answers of commands, as documents that are previewed. */
class Results implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(shown: Shown): Promise<void> {
    const name = shown.title.replace(/[^\w -]+/g, ' ').trim().slice(0, 60) || 'result';
    const uri = vscode.Uri.from({ scheme: RESULT, path: `/${name}.md` });
    this.texts.set(uri.path, `# ${shown.title}\n\n${shown.markdown}`);
    this.changed.fire(uri);
    await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  }
}

/** A catalogue that is built into the server. */
async function catalogue(uri: vscode.Uri): Promise<string> {
  const name = uri.path.replace(/^\//, '').replace(/\.mam$/, '');
  const params = { command: 'mam.catalogue', arguments: [{ name }] };
  const found = await client?.sendRequest<{ text: string } | null>('workspace/executeCommand', params);
  return found?.text ?? '';
}

/** The explanation of a diagnostic's code. */
async function explanation(uri: vscode.Uri): Promise<string> {
  const code = uri.path.replace(/^\//, '');
  const params = { command: 'mam.help', arguments: [{ code }] };
  const found = await client?.sendRequest<Shown | null>('workspace/executeCommand', params);
  return found ? `# ${found.title}\n\n${found.markdown}` : '';
}
