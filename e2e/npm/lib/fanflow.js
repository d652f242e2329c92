// Real processes of the built binary, and the control calls of its simulated platform.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const account = {
  name: 'shop',
  appid: 'wx0123456789abcdef',
  secret: 'app-secret',
  token: 'callbacktoken',
  encodingAESKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  template: 'TEMPLATE-COUPON',
};

const limit = 30_000; // milliseconds that anything here may take; no test measures time

// Scope undoes what tests of a file share, the last first: close belongs into after().
export class Scope {
  #undo = [];

  after(undo) {
    this.#undo.push(undo);
  }

  async close() {
    while (this.#undo.length > 0) await this.#undo.pop()();
  }
}

// workplace is a folder that goes with the scope.
export function workplace(scope) {
  const dir = mkdtempSync(join(tmpdir(), 'fanflow-npm-'));
  scope.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

let built;

// binary is the path of fanflow: $FANFLOW_BINARY, or one built of this checkout.
export function binary() {
  if (process.env.FANFLOW_BINARY) return process.env.FANFLOW_BINARY;
  if (!built) {
    const dir = mkdtempSync(join(tmpdir(), 'fanflow-npm-'));
    process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
    built = join(dir, 'fanflow');
    execFileSync('go', ['build', '-o', built, './cmd/fanflow'], { cwd: fileURLToPath(new URL('../../..', import.meta.url)), stdio: 'inherit' });
  }
  return built;
}

// config writes a configuration of the one account and returns its path. Empty fields are left out.
export function config(dir, name, { publicURL = 'http://127.0.0.1:9', apiBase = 'http://127.0.0.1:9', aesKey = account.encodingAESKey } = {}) {
  const path = join(dir, name);
  const text = `
listen      = "127.0.0.1:0"
data        = ${JSON.stringify(join(dir, 'fanflow.db'))}
admin_token = "test-admin-token-0123"
public_url  = "${publicURL}"

[[account]]
name       = "${account.name}"
type       = "service"
app_id     = "${account.appid}"
app_secret = "${account.secret}"
token      = "${account.token}"
aes_key    = "${aesKey}"
api_base   = "${apiBase}"
verified   = true

[account.templates]
COUPON = "${account.template}"
`;
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

// run runs a command of the binary that ends by itself.
export function run(...args) {
  return execFileSync(binary(), args, { encoding: 'utf8', timeout: limit });
}

// start runs a server of the binary until the scope ends and returns its address, which it says when it is ready.
export function start(scope, ...args) {
  const child = spawn(binary(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  scope.after(() => {
    child.kill('SIGTERM');
    return child.exitCode === null ? new Promise((end) => child.once('exit', end)) : undefined;
  });
  return new Promise((ready, fail) => {
    const late = setTimeout(() => fail(new Error(`fanflow ${args[0]} is not ready:\n${said}`)), limit);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => {
      said += text;
      const address = /is ready" address=(http:\S+)/.exec(said);
      if (!address) return;
      clearTimeout(late);
      ready(address[1]);
    });
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`fanflow ${args[0]} ended with ${code}:\n${said}`)));
  });
}

// listen serves a handler on a free port until the scope ends and returns its address.
export async function listen(scope, handler) {
  const server = createServer(handler);
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  scope.after(() => {
    server.closeAllConnections();
    return new Promise((end) => server.close(end));
  });
  return `http://127.0.0.1:${server.address().port}`;
}

// Platform is the simulated platform at an address, for one account.
export class Platform {
  constructor(url) {
    this.url = url;
  }

  async #control(method, path, body) {
    const res = await fetch(`${this.url}/sim/${path}`, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(limit) });
    const answer = await res.json();
    if (!res.ok) throw new Error(`${method} /sim/${path}: ${res.status} ${answer.error}`);
    return answer;
  }

  // act plays a fan and returns what the fan sees at once.
  async act(fan, action) {
    return (await this.#control('POST', `${account.appid}/fans/${fan}/do`, action)).seen;
  }

  // inbox is all that the fan ever received.
  async inbox(fan) {
    return (await this.#control('GET', `${account.appid}/fans/${fan}/inbox`)).items;
  }

  verify() {
    return this.#control('POST', `${account.appid}/verify`, {});
  }

  // sites registers the domains that OAuth2 may lead back to.
  sites(...oauth) {
    return this.#control('POST', `${account.appid}/sites`, { oauth });
  }

  advance(span) {
    return this.#control('POST', 'clock', { advance: span });
  }

  async account() {
    return (await this.#control('GET', 'accounts')).items[0];
  }
}
