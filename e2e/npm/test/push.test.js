// wechat-crypto plays WeChat's push servers: fanflow in safe mode must understand what it seals and seal what it understands.
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import WXBizMsgCrypt from 'wechat-crypto';
import { Scope, account, config, run, start, workplace } from '../lib/fanflow.js';

const original = 'gh_0123456789ab';
const fan = 'oNPMfan000000000000000000001';
const flow = `return flow {
  name = "echo", triggers = { text = { "你好", "hello" } }, first = "answer",
  states = { answer = { final = true, enter = { reply = "收到 & <thanks>" } } },
}
`;

const seconds = () => String(Math.floor(Date.now() / 1000));
const sha1 = (...parts) => createHash('sha1').update(parts.sort().join('')).digest('hex');
const element = (xml, name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 's').exec(xml)?.[1];

// message is a text as the platform writes it. A flow takes a fan once, so that each message here has a fan of its own.
function message(content, id, fan = `oNPMfan${id.padStart(21, '0')}`) {
  return `<xml><ToUserName><![CDATA[${original}]]></ToUserName>\n<FromUserName><![CDATA[${fan}]]></FromUserName>\n` +
    `<CreateTime>${seconds()}</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[${content}]]></Content>\n<MsgId>${id}</MsgId></xml>`;
}

describe('fanflow serve in safe mode, pushed to by wechat-crypto', () => {
  const crypt = new WXBizMsgCrypt(account.token, account.encodingAESKey, account.appid);
  const scope = new Scope();
  let callback;

  after(() => scope.close());
  before(async () => {
    const dir = workplace(scope);
    const platform = await start(scope, 'simulator', '--config', config(dir, 'platform.toml'), '--listen', '127.0.0.1:0');
    const file = config(dir, 'fanflow.toml', { apiBase: platform });
    writeFileSync(join(dir, 'echo.lua'), flow);
    run('flow', 'push', join(dir, 'echo.lua'), '--publish', '--config', file);
    callback = `${await start(scope, 'serve', '--config', file)}/callback/${account.name}`;
  });

  // push seals a document and delivers it; change spoils the query or the body.
  async function push(xml, change = () => {}, sealer = crypt) {
    const sealed = sealer.encrypt(xml);
    const timestamp = seconds();
    const nonce = String(randomInt(1e9));
    const request = {
      query: {
        signature: sha1(account.token, timestamp, nonce), timestamp, nonce, openid: fan,
        encrypt_type: 'aes', msg_signature: sealer.getSignature(timestamp, nonce, sealed),
      },
      body: `<xml><ToUserName><![CDATA[${original}]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`,
    };
    change(request);
    const res = await fetch(`${callback}?${new URLSearchParams(request.query)}`, {
      method: 'POST', body: request.body, headers: { 'Content-Type': 'text/xml' },
    });
    return { status: res.status, body: await res.text() };
  }

  // opened checks the envelope of an answer with the library and returns the document in it.
  function opened(answer) {
    assert.equal(answer.status, 200, answer.body);
    const sealed = element(answer.body, 'Encrypt');
    const signature = crypt.getSignature(element(answer.body, 'TimeStamp'), element(answer.body, 'Nonce'), sealed);
    assert.equal(element(answer.body, 'MsgSignature'), signature);
    assert.match(element(answer.body, 'TimeStamp'), /^\d{10}$/);
    const { message: xml, id } = crypt.decrypt(sealed);
    assert.equal(id, account.appid);
    return xml;
  }

  it('echoes the echostr of the address check, which is never sealed', async () => {
    const timestamp = seconds();
    const query = { signature: sha1(account.token, timestamp, 'n1'), timestamp, nonce: 'n1', echostr: '4375120948345356249' };
    const good = await fetch(`${callback}?${new URLSearchParams(query)}`);
    assert.equal(good.status, 200);
    assert.equal(await good.text(), query.echostr);
    const bad = await fetch(`${callback}?${new URLSearchParams({ ...query, signature: '0'.repeat(40) })}`);
    assert.equal(bad.status, 403);
  });

  it('answers a sealed message with a sealed reply', async () => {
    const xml = opened(await push(message('你好', '24000000000000001', fan)));
    assert.equal(element(xml, 'ToUserName'), fan);
    assert.equal(element(xml, 'FromUserName'), original);
    assert.equal(element(xml, 'MsgType'), 'text');
    assert.equal(element(xml, 'Content'), '收到 & <thanks>');
  });

  it('answers every length of padding', async () => {
    for (let n = 0; n < 32; n++) {
      const xml = message('你好', `2400000000001${String(n).padStart(4, '0')}`).replace('<MsgId>', `${' '.repeat(n)}<MsgId>`);
      assert.equal(element(opened(await push(xml)), 'Content'), '收到 & <thanks>', `${n} bytes more`);
    }
  });

  it('answers a repeat as it answered the first', async () => {
    const xml = message('hello', '24000000000000002');
    const first = opened(await push(xml));
    assert.equal(opened(await push(xml)), first);
  });

  it('takes what it has no answer for', async () => {
    const answer = await push(message('今天天气', '24000000000000003'));
    assert.deepEqual(answer, { status: 200, body: answer.body });
    assert.ok(answer.body === '' || answer.body === 'success', answer.body);
  });

  const refused = {
    'a wrong msg_signature': [(r) => { r.query.msg_signature = '0'.repeat(40); }],
    'no msg_signature': [(r) => { delete r.query.msg_signature; }],
    'another timestamp than was signed': [(r) => { r.query.timestamp = String(Number(r.query.timestamp) + 1); }],
    'an envelope of another push': [(r) => { r.body = r.body.replace(/<Encrypt>.*<\/Encrypt>/, `<Encrypt><![CDATA[${crypt.encrypt('<xml></xml>')}]]></Encrypt>`); }],
    'another token': [() => {}, new WXBizMsgCrypt('another', account.encodingAESKey, account.appid)],
    'another key': [() => {}, new WXBizMsgCrypt(account.token, account.encodingAESKey.replace('abc', 'xyz'), account.appid)],
    'another appid': [() => {}, new WXBizMsgCrypt(account.token, account.encodingAESKey, 'wxffffffffffffffff')],
    'a plain body': [(r) => { r.body = message('你好', '24000000000000005'); }],
    'a plain body under a plain signature': [(r) => { r.body = message('你好', '24000000000000006'); delete r.query.encrypt_type; delete r.query.msg_signature; }],
  };
  for (const [what, [change, sealer]] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const answer = await push(message('你好', '24000000000000004'), change, sealer);
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.body}`);
      assert.doesNotMatch(answer.body, /收到/);
    });
  }
});
