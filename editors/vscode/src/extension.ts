// The extension: it starts the language server, and shows what its commands answer.

import * as vscode from 'vscode';
import { LanguageClient, State } from 'vscode-languageclient/node';

/** What a command of the server answers. */
interface Shown {
  title: string;
  markdown: string;
}

/** Addresses of texts that the server's side knows: catalogues and explanations of codes. */
const CATALOGUE = 'mam-catalogue';
const RESULT = 'mam-result';

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const results = new Results();
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(RESULT, results),
    vscode.workspace.registerTextDocumentContentProvider(CATALOGUE, new Catalogues()),
    vscode.commands.registerCommand('mam.explainScope', () => explain(results)),
    vscode.commands.registerCommand('mam.showMatrix', () => ask(results, 'mam.matrix', matrixArgument())),
    vscode.commands.registerCommand('mam.showPaths', () => ask(results, 'mam.paths', {})),
    vscode.commands.registerCommand('mam.showDiff', () => ask(results, 'mam.diff', { against: 'commit' })),
    vscode.commands.registerCommand('mam.showUnsaved', () => ask(results, 'mam.diff', { against: 'saved' })),
    vscode.commands.registerCommand('mam.restart', restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration('mam')) {
        await restart();
      }
    }),
  );
  client = create(results);
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

/** The client, with the server that the settings name. */
function create(results: Results): LanguageClient {
  const settings = vscode.workspace.getConfiguration('mam');
  const command = settings.get<string>('server.path', 'mam');
  const server = { command, args: ['lsp'] };
  return new LanguageClient('mam', 'mam', server, {
    documentSelector: [
      { language: 'mam' },
      { language: 'json', pattern: '**/*.{mam,intune}.json' },
    ],
    initializationOptions: {
      sets: settings.get('sets', []),
      lints: settings.get('lints', true),
      idle: settings.get('idle', 250),
      catalogues: `${CATALOGUE}:/`,
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

async function start(): Promise<void> {
  try {
    await client?.start();
  } catch (error) {
    const open = 'Open Settings';
    const message = `The language server does not start: ${error}`;
    if ((await vscode.window.showErrorMessage(message, open)) === open) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'mam.server.path');
    }
  }
}

async function restart(): Promise<void> {
  if (client?.state === State.Running) {
    await client.restart();
  } else {
    await start();
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

/** The scope of the statement under the cursor, or the selected text. */
function scopeAtCursor(editor: vscode.TextEditor): string {
  const selected = editor.document.getText(editor.selection).trim();
  const line = editor.document.lineAt(editor.selection.active.line).text;
  const text = (selected || line).replace(/\/\/.*$/, '').trim();
  return text
    .replace(/^expect\s+no\s+path\s+(by\s+)?/, '')
    .replace(/^expect\s+/, '')
    .replace(/^(allow|block|accept|refuse|warn|wipe)\s+/, '')
    .replace(/\s+(because\s+".*"|up to \d+ characters|without content|tagged work|app-wide)/g, '')
    .trim();
}

async function explain(results: Results): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    return;
  }
  const value = scopeAtCursor(editor);
  const scope = await vscode.window.showInputBox({ title: 'Explain a scope', value });
  if (scope) {
    await ask(results, 'mam.explain', { scope });
  }
}

/** The policy around the cursor, if there is one. */
function matrixArgument(): object {
  const editor = vscode.window.activeTextEditor;
  for (let line = editor?.selection.active.line ?? -1; editor && line >= 0; line -= 1) {
    const found = /^\s*policy\s+([a-z][a-z0-9-]*)/.exec(editor.document.lineAt(line).text);
    if (found) {
      return { policy: found[1] };
    }
  }
  return {};
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

/** The catalogues that are built into the server. */
class Catalogues implements vscode.TextDocumentContentProvider {
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const name = uri.path.replace(/^\//, '').replace(/\.mam$/, '');
    const params = { command: 'mam.catalogue', arguments: [{ name }] };
    const found = await client?.sendRequest<{ text: string } | null>('workspace/executeCommand', params);
    return found?.text ?? '';
  }
}
