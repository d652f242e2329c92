// The wechat middleware is the account's server: what the platform pushes must make sense to it, and what it answers must
// reach the fan.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import WechatAPI from 'co-wechat-api';
import connect from 'connect';
import wechat from 'wechat';
import { Platform, Scope, account, config, listen, start, workplace } from '../lib/fanflow.js';
import { files, library } from '../lib/library.js';

const one = [{ title: '新品', description: '到店 & 试用', picurl: 'https://shop.example/1.jpg', url: 'https://shop.example/1' }];
const two = [...one, { title: '老客', description: '', picurl: '', url: 'https://shop.example/2' }];

for (const mode of ['plain', 'compatible', 'safe']) {
  describe(`the wechat middleware in ${mode} mode`, () => {
    const scope = new Scope();
    const heard = [];
    const media = {};
    let platform;

    after(() => scope.close());
    before(async () => {
      const answers = {
        文字: () => 'hi & <b>你好</b>\n第二行',
        图文: () => one,
        两篇: () => two,
        图片: () => ({ type: 'image', content: { mediaId: media.image } }),
        语音: () => ({ type: 'voice', content: { mediaId: media.voice } }),
        视频: () => ({ type: 'video', content: { mediaId: media.video, title: '片名', description: '说明' } }),
        音乐: () => ({ title: '曲名', description: '歌手', musicUrl: 'https://shop.example/1.mp3', hqMusicUrl: '', thumbMediaId: media.thumb }),
        沉默: () => '',
      };
      const secrets = { token: account.token, appid: account.appid, encodingAESKey: mode === 'plain' ? undefined : account.encodingAESKey };
      const answer = wechat(secrets, (req, res) => {
        heard.push({ message: req.weixin, query: req.query });
        const key = req.weixin.Content ?? req.weixin.EventKey;
        if (key === '故障') return res.writeHead(500).end();
        if (key === '人工') return res.transfer2CustomerService();
        return res.reply((answers[key] ?? (() => `收到 ${req.weixin.MsgType} ${req.weixin.Event ?? ''}`))());
      });
      const app = connect();
      app.use((req, res, next) => {
        req.query = Object.fromEntries(new URL(req.url, 'http://localhost').searchParams);
        next();
      });
      app.use(`/callback/${account.name}`, answer);
      const publicURL = await listen(scope, app);
      const file = config(workplace(scope), 'platform.toml', { publicURL, aesKey: mode === 'plain' ? '' : account.encodingAESKey });
      const url = await start(scope, 'simulator', '--config', file, '--listen', '127.0.0.1:0', '--mode', mode);
      platform = new Platform(url);
      const api = library(WechatAPI, url);
      for (const kind of ['image', 'voice', 'video', 'thumb']) {
        const done = await api.uploadMedia(files[kind].body, kind, files[kind].name, files[kind].type);
        media[kind] = done.media_id ?? done.thumb_media_id;
      }
    });

    // says plays a fan of its own who sends the text, and returns the one thing that the fan sees.
    async function says(text) {
      const seen = await platform.act(`fan-${text}`, { text });
      assert.equal(seen.length, 1, JSON.stringify(seen));
      const { at, ...item } = seen[0];
      assert.ok(at);
      assert.equal(item.why, undefined);
      assert.equal(item.kind, 'passive');
      return item;
    }

    it('passes the check of its address', async () => {
      assert.deepEqual(await platform.verify(), { ok: true });
    });

    it('gets what the mode says', async () => {
      await says('文字');
      const { query, message } = heard.at(-1);
      assert.equal(query.encrypt_type, mode === 'plain' ? undefined : 'aes');
      assert.equal(query.openid, 'fan-文字');
      assert.equal(message.FromUserName, 'fan-文字');
      assert.equal(message.ToUserName, (await platform.account()).original_id);
      assert.equal(message.MsgType, 'text');
      assert.equal(message.Content, '文字');
      assert.match(message.MsgId, /^\d{17,19}$/);
      assert.match(message.CreateTime, /^\d{10}$/);
    });

    it('answers with text', async () => {
      assert.deepEqual(await says('文字'), { kind: 'passive', msgtype: 'text', content: 'hi & <b>你好</b>\n第二行' });
    });

    it('answers with an article', async () => {
      assert.deepEqual(await says('图文'), { kind: 'passive', msgtype: 'news', articles: one });
    });

    it('answers a menu click with two articles, a message with one at most', async () => {
      const [clicked] = await platform.act('fan-click', { click: '两篇' });
      assert.deepEqual(clicked.articles, [one[0], { title: '老客', url: 'https://shop.example/2' }]);
      const [said] = await platform.act('fan-click', { text: '两篇' });
      assert.equal(said.kind, 'fault');
      assert.match(said.why, /2 articles/);
    });

    it('answers with a picture, a voice and a film', async () => {
      assert.deepEqual(await says('图片'), { kind: 'passive', msgtype: 'image', media_id: media.image });
      assert.deepEqual(await says('语音'), { kind: 'passive', msgtype: 'voice', media_id: media.voice });
      assert.deepEqual(await says('视频'), { kind: 'passive', msgtype: 'video', media_id: media.video, title: '片名', description: '说明' });
    });

    it('answers with music', async () => {
      assert.deepEqual(await says('音乐'), {
        kind: 'passive', msgtype: 'music', title: '曲名', description: '歌手', musicurl: 'https://shop.example/1.mp3', media_id: media.thumb,
      });
    });

    it('hands a fan over to customer service', async () => {
      assert.deepEqual(await platform.act('fan-transfer', { text: '人工' }), []);
      assert.deepEqual(await platform.inbox('fan-transfer'), []);
    });

    it('may stay silent', async () => {
      assert.deepEqual(await platform.act('fan-silent', { text: '沉默' }), []);
    });

    it('understands follows, scans and what fans send', async () => {
      const cases = [
        [{ subscribe: { scene: 'store-1' } }, { MsgType: 'event', Event: 'subscribe', EventKey: 'qrscene_store-1' }],
        [{ scan: 'store_2' }, { MsgType: 'event', Event: 'SCAN', EventKey: 'store_2' }],
        [{ image: media.image }, { MsgType: 'image', MediaId: media.image }],
        [{ voice: media.voice }, { MsgType: 'voice', MediaId: media.voice, Format: 'amr' }],
        [{ video: media.video }, { MsgType: 'video', MediaId: media.video }],
        [{ location: { latitude: 31.2, longitude: 121.44, label: '徐家汇' } }, { MsgType: 'location', Location_X: '31.200000', Label: '徐家汇' }],
        [{ link: { title: '标题', description: '', url: 'https://a.example/?a=1&b=2' } }, { MsgType: 'link', Url: 'https://a.example/?a=1&b=2' }],
        [{ event: { Event: 'scancode_waitmsg', EventKey: 'k', ScanCodeInfo: { ScanType: 'qrcode', ScanResult: '1' } } },
          { Event: 'scancode_waitmsg', ScanCodeInfo: { ScanType: 'qrcode', ScanResult: '1' } }],
      ];
      for (const [action, want] of cases) {
        const [seen] = await platform.act('fan-all', action);
        const { message } = heard.at(-1);
        assert.deepEqual(Object.fromEntries(Object.keys(want).map((k) => [k, message[k]])), want);
        assert.equal(seen.content, `收到 ${message.MsgType} ${message.Event ?? ''}`);
      }
    });

    it('is asked three times where it fails', async () => {
      const before = heard.length;
      const [seen] = await platform.act('fan-broken', { text: '故障' });
      assert.equal(seen.kind, 'fault');
      assert.equal(heard.length, before + 3);
      assert.equal(new Set(heard.slice(before).map((h) => h.message.MsgId)).size, 1);
    });
  });
}
