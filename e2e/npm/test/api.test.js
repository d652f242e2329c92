// co-wechat-api and co-wechat-oauth are the account's program: what they ask of the simulated platform must be answered as WeChat does.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import WechatAPI from 'co-wechat-api';
import OAuth from 'co-wechat-oauth';
import { Platform, Scope, account, config, listen, start, workplace } from '../lib/fanflow.js';
import { files, library, redirected } from '../lib/library.js';

const scope = new Scope();
const pushed = []; // documents that the platform pushed
let dir, url, platform, api;

after(() => scope.close());
before(async () => {
  dir = workplace(scope);
  const publicURL = await listen(scope, async (req, res) => {
    let body = '';
    for await (const part of req) body += part;
    pushed.push(body);
    res.end('success');
  });
  url = await start(scope, 'simulator', '--config', config(dir, 'platform.toml', { publicURL, aesKey: '' }), '--listen', '127.0.0.1:0');
  platform = new Platform(url);
  api = library(WechatAPI, url);
});

// refused checks the errcode of a call.
function refused(call, code) {
  return assert.rejects(call, (err) => {
    assert.equal(err.name, 'WeChatAPIError');
    assert.equal(err.code, code, err.message);
    assert.match(err.message, / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
    return true;
  });
}

const last = (list) => list.at(-1);
const without = ({ at, ...item }) => item;
const text = (n) => String(n); // numbers beyond 2^53 come as bignumber.js objects

describe('tokens', () => {
  it('are got, and got anew where the platform no longer knows one', async () => {
    const first = await api.ensureAccessToken();
    assert.ok(first.accessToken.length > 64 && first.accessToken.length <= 512);
    assert.equal((await api.ensureAccessToken()).accessToken, first.accessToken);
    await api.saveToken({ accessToken: 'made-up', expireTime: Date.now() + 1e6 });
    assert.ok((await api.getIp()).ip_list.length > 0); // 40001, and once more with a new token
    assert.notEqual((await api.ensureAccessToken()).accessToken, 'made-up');
  });

  it('are refused to a wrong secret and to an unknown account', async () => {
    const other = library(WechatAPI, url);
    other.appsecret = 'wrong';
    await refused(other.getAccessToken(), 40125);
    other.appid = 'wxffffffffffffffff';
    await refused(other.getAccessToken(), 40013);
  });
});

describe('fans', () => {
  before(async () => {
    await platform.act('fan-one', { subscribe: { scene: 'store-1' } });
    await platform.act('fan-two', { subscribe: {} });
    await platform.act('fan-gone', { subscribe: {} });
    await platform.act('fan-gone', { unsubscribe: {} });
  });

  it('are listed and described', async () => {
    const all = await api.getFollowers();
    assert.deepEqual([all.total, all.count, new Set(all.data.openid)], [2, 2, new Set(['fan-one', 'fan-two'])]);
    const one = await api.getUser('fan-one');
    assert.equal(one.subscribe, 1);
    assert.equal(one.subscribe_scene, 'ADD_SCENE_QR_CODE');
    assert.equal(one.qr_scene_str, 'store-1');
    assert.equal((await api.getUser('fan-gone')).subscribe, 0);
    const list = await api.batchGetUsers(['fan-two', 'fan-gone']);
    assert.deepEqual(list.user_info_list.map((u) => [u.openid, u.subscribe]), [['fan-two', 1], ['fan-gone', 0]]);
    await refused(api.getUser('nobody'), 40003);
    await refused(api.batchGetUsers(Array(101).fill('fan-one')), 40032);
  });

  it('have remarks', async () => {
    await api.updateRemark('fan-one', '老顾客 & 朋友');
    assert.equal((await api.getUser('fan-one')).remark, '老顾客 & 朋友');
  });

  it('have tags', async () => {
    const { tag } = await api.createTags('会员');
    await refused(api.createTags('会员'), 45157);
    await api.batchTagging(['fan-one', 'fan-two'], tag.id);
    assert.deepEqual((await api.getIdList('fan-one')).tagid_list, [tag.id]);
    assert.deepEqual(new Set((await api.getUsersFromTag(tag.id)).data.openid), new Set(['fan-one', 'fan-two']));
    await api.batchUnTagging(['fan-two'], tag.id);
    await api.updateTag(tag.id, '贵宾');
    assert.deepEqual((await api.getTags()).tags.find((t) => t.id === tag.id), { id: tag.id, name: '贵宾', count: 1 });
    await refused(api.batchTagging(['fan-gone', 'nobody'], tag.id), 40003);
    await refused(api.batchTagging(Array(51).fill('fan-one'), tag.id), 40032);
    await api.deleteTag(tag.id);
    await refused(api.getUsersFromTag(tag.id), 45159);
  });
});

describe('messages', () => {
  it('of customer service arrive while the window is open', async () => {
    const fan = 'fan-service';
    await platform.act(fan, { text: '在吗' });
    const image = (await api.uploadMedia(files.image.body, 'image', files.image.name, files.image.type)).media_id;
    const thumb = (await api.uploadMedia(files.thumb.body, 'thumb', files.thumb.name, files.thumb.type)).thumb_media_id;
    const article = { title: '新品', description: '到店', url: 'https://shop.example/1?a=1&b=2', picurl: 'https://shop.example/1.jpg' };
    await api.sendText(fan, '您好 & <欢迎>');
    await api.sendImage(fan, image);
    await api.sendNews(fan, [article]);
    await refused(api.sendNews(fan, [article, article]), 45008);
    await refused(api.sendImage(fan, 'made-up'), 40007);
    await api.sendMusic(fan, { title: '曲', description: '歌', musicurl: 'https://shop.example/1.mp3', hqmusicurl: '', thumb_media_id: thumb });
    await api.sendText(fan, '再见');
    await refused(api.sendText(fan, '第六条'), 45047);
    const items = await platform.inbox(fan);
    assert.deepEqual(items.map((i) => [i.kind, i.msgtype]), ['text', 'image', 'news', 'music', 'text'].map((type) => ['customer', type]));
    assert.equal(items[0].content, '您好 & <欢迎>');
    assert.equal(items[1].media_id, image);
    assert.deepEqual(items[2].articles, [article]);
    await platform.advance('48h');
    await refused(api.sendText(fan, '太晚了'), 45015);
    await refused(api.sendText('nobody', '?'), 40003);
    await platform.act(fan, { text: '我回来了' });
    await refused(api.sendText(fan, ''), 44004);
    await refused(api.sendText(fan, '字'.repeat(683)), 45002);
  });

  it('by template arrive, and a result is pushed', async () => {
    await platform.act('fan-template', { subscribe: {} });
    const data = { thing1: { value: '春日优惠' }, time2: { value: '2026-11-30 20:00' } };
    const sent = await api.sendTemplate('fan-template', account.template, 'https://shop.example/', '', data);
    assert.match(text(sent.msgid), /^\d+$/);
    const item = without(last(await platform.inbox('fan-template')));
    assert.equal(item.kind, 'template');
    assert.equal(item.template_id, account.template);
    assert.deepEqual(item.data, { thing1: '春日优惠', time2: '2026-11-30 20:00' });
    await refused(api.sendTemplate('fan-template', 'made-up', '', '', data), 40037);
    await refused(api.sendTemplate('nobody', account.template, '', '', data), 40003);
    await refused(api.sendTemplate('fan-template', account.template, '', '', { thing1: { value: '长'.repeat(21) } }), 47003);
    await platform.advance('1s');
    const event = pushed.find((doc) => doc.includes('TEMPLATESENDJOBFINISH') && doc.includes(`<MsgID>${text(sent.msgid)}</MsgID>`));
    assert.match(event, /<Status><!\[CDATA\[success\]\]><\/Status>/);
  });

  it('to many arrive, once for a clientmsgid, and a result is pushed', async () => {
    for (const fan of ['fan-m1', 'fan-m2', 'fan-m3']) await platform.act(fan, { subscribe: {} });
    const { tag } = await api.createTags('群发');
    await api.batchTagging(['fan-m1', 'fan-m2'], tag.id);
    const sent = await api.massSendText('周末见', tag.id, 'weekend-1');
    await refused(api.massSendText('周末见', tag.id, 'weekend-1'), 45065);
    await refused(api.massSendText('一个人', ['fan-m1'], 'weekend-2'), 40130);
    await refused(api.massSendVoice('made-up', ['fan-m1', 'fan-m2'], 'weekend-3'), 40007);
    await api.massSendText('名单', ['fan-m2', 'fan-m3'], 'weekend-4');
    assert.equal((await api.getMassMessageStatus(sent.msg_id)).msg_status, 'SENDING');
    await platform.advance('1m');
    assert.equal((await api.getMassMessageStatus(sent.msg_id)).msg_status, 'SEND_SUCCESS');
    const got = async (fan) => (await platform.inbox(fan)).filter((i) => i.kind === 'mass').map((i) => i.content);
    assert.deepEqual([await got('fan-m1'), await got('fan-m2'), await got('fan-m3')], [['周末见'], ['周末见', '名单'], ['名单']]);
    const event = pushed.find((doc) => doc.includes('MASSSENDJOBFINISH') && doc.includes(`<MsgID>${text(sent.msg_id)}</MsgID>`));
    assert.match(event, /send success/);
    assert.match(event, /<TotalCount>2<\/TotalCount>/);
    await api.previewText('fan-m1', '先看看');
    assert.equal(last(await platform.inbox('fan-m1')).content, '先看看');
  });
});

describe('menus', () => {
  const menu = { button: [
    { type: 'click', name: '优惠券', key: 'COUPON' },
    { name: '门店', sub_button: [{ type: 'view', name: '地图', url: 'https://shop.example/map?a=1&b=2' }, { type: 'scancode_waitmsg', name: '扫码', key: 'SCAN' }] },
  ] };

  it('are made, read, matched and removed', async () => {
    await refused(api.getMenu(), 46003);
    await api.createMenu(menu);
    const made = (await api.getMenu()).menu.button;
    assert.deepEqual(made.map((b) => [b.type, b.name, b.key]), [['click', '优惠券', 'COUPON'], [undefined, '门店', undefined]]);
    assert.equal(made[1].sub_button[0].url, 'https://shop.example/map?a=1&b=2');
    assert.equal((await api.getMenuConfig()).is_menu_open, 1);

    await platform.act('fan-menu', { subscribe: {} });
    const { tag } = await api.createTags('菜单');
    await api.batchTagging(['fan-menu'], tag.id);
    const { menuid } = await api.addConditionalMenu({ button: [{ type: 'click', name: '会员', key: 'VIP' }], matchrule: { tag_id: text(tag.id) } });
    assert.equal((await api.tryConditionalMenu('fan-menu')).button[0].key, 'VIP');
    await api.delConditionalMenu(text(menuid));
    assert.equal((await api.tryConditionalMenu('fan-menu')).button[0].key, 'COUPON');
    await refused(api.addConditionalMenu({ ...menu, matchrule: { sex: '1' } }), 65320);
    await refused(api.createMenu({ button: [{ type: 'click', name: '太长了'.repeat(6), key: 'K' }] }), 40018);
    await api.removeMenu();
    await refused(api.getMenu(), 46003);
  });
});

describe('QR codes', () => {
  it('are made, shown and scanned', async () => {
    const temporary = await api.createTmpQRCode('store-7', 3600);
    assert.equal(temporary.expire_seconds, 3600);
    const lasting = await api.createLimitQRCode(77);
    for (const code of [temporary, lasting]) {
      const shown = await fetch(api.showQRCodeURL(encodeURIComponent(code.ticket)));
      assert.equal(shown.status, 200);
      assert.match(shown.headers.get('content-type'), /^image\//);
      assert.ok((await shown.arrayBuffer()).byteLength > 100);
    }
    assert.notEqual((await fetch(api.showQRCodeURL('made-up'))).headers.get('content-type'), 'image/jpg');
    await platform.act('fan-scan', { scan: { ticket: temporary.ticket } });
    await platform.act('fan-scan', { scan: { ticket: lasting.ticket } });
    const events = pushed.filter((doc) => doc.includes('fan-scan'));
    assert.match(events[0], /<EventKey><!\[CDATA\[qrscene_store-7\]\]><\/EventKey>/);
    assert.match(events[1], /<Event><!\[CDATA\[SCAN\]\]><\/Event>\s*<EventKey><!\[CDATA\[77\]\]><\/EventKey>/);
    assert.ok(events[0].includes(temporary.ticket) && events[1].includes(lasting.ticket));
  });
});

describe('media', () => {
  const path = (name) => join(dir, name);
  before(() => {
    for (const { name, body } of Object.values(files)) writeFileSync(path(name), body);
  });

  it('are uploaded and downloaded, and die after three days', async () => {
    const image = await api.uploadImageMedia(path('a.png'));
    assert.equal(image.type, 'image');
    assert.deepEqual(await api.getMedia(image.media_id), files.image.body);
    const video = await api.uploadVideoMedia(path('a.mp4'));
    const film = await fetch((await api.getMedia(video.media_id)).video_url);
    assert.deepEqual(Buffer.from(await film.arrayBuffer()), files.video.body);
    assert.ok((await api.uploadThumbMedia(path('a.jpg'))).thumb_media_id);
    await refused(api.uploadThumbMedia(path('a.png')), 40005);
    await refused(api.uploadMedia(path('a.png'), 'poem'), 40004);
    await platform.advance('3d');
    await refused(api.getMedia(image.media_id), 40007);
  });

  it('that a fan sent can be downloaded', async () => {
    await platform.act('fan-picture', { image: '' });
    const id = /<MediaId><!\[CDATA\[(.*?)\]\]>/.exec(last(pushed))[1];
    assert.equal((await api.getMedia(id)).subarray(0, 3).toString('hex'), 'ffd8ff');
  });

  it('of articles get an address', async () => {
    const { url: address } = await api.uploadImage(path('a.png'));
    assert.deepEqual(Buffer.from(await (await fetch(address)).arrayBuffer()), files.image.body);
  });

  it('fill the library', async () => {
    const image = await api.uploadImageMaterial(path('a.png'));
    const voice = await api.uploadVoiceMaterial(path('a.amr'));
    const video = await api.uploadVideoMaterial(path('a.mp4'), { title: '片名', introduction: '说明' });
    assert.deepEqual(await api.getMaterialCount(), { voice_count: 1, video_count: 1, image_count: 1, news_count: 0 });
    assert.deepEqual(await api.getMaterial(image.media_id), files.image.body);
    const film = await api.getMaterial(video.media_id);
    assert.deepEqual([film.title, film.description], ['片名', '说明']);
    const list = await api.getMaterials('image', 0, 20);
    assert.deepEqual([list.total_count, list.item_count, list.item[0].media_id, list.item[0].name], [1, 1, image.media_id, 'a.png']);
    await api.removeMaterial(voice.media_id);
    await refused(api.getMaterial(voice.media_id), 40007);
    await platform.advance('30d');
    assert.deepEqual(await api.getMaterial(image.media_id), files.image.body);
  });

  it('that a menu shows stay in the library', async () => {
    const { media_id } = await api.uploadImageMaterial(path('a.png'));
    await api.createMenu({ button: [{ type: 'media_id', name: '图', media_id }] });
    await refused(api.removeMaterial(media_id), 48005);
    await api.removeMenu();
    await api.removeMaterial(media_id);
  });
});

describe('pages', () => {
  it('sign their address with the ticket', async () => {
    const { ticket } = await api.ensureTicket();
    const page = 'https://shop.example/page?a=1';
    const got = await api.getJsConfig({ url: page, jsApiList: ['chooseImage'] });
    const signed = `jsapi_ticket=${ticket}&noncestr=${got.nonceStr}&timestamp=${got.timestamp}&url=${page}`;
    assert.equal(got.signature, createHash('sha1').update(signed).digest('hex'));
    assert.equal(got.appId, account.appid);
    assert.equal((await api.getTicket()).ticket, ticket); // the same while it is good
  });
});

describe('OAuth2', () => {
  it('tells a page who opened it', async () => {
    const visits = [];
    const page = await listen(scope, (req, res) => {
      visits.push(Object.fromEntries(new URL(req.url, 'http://localhost').searchParams));
      res.end('hello');
    });
    await platform.sites(new URL(page).host);
    const oauth = redirected(new OAuth(account.appid, account.secret), url);
    await platform.act('fan-page', { open: oauth.getAuthorizeURL(`${page}/me?x=1`, 'state1', 'snsapi_userinfo') });
    assert.equal(visits.length, 1);
    assert.deepEqual([visits[0].x, visits[0].state], ['1', 'state1']);
    const { data } = await oauth.getAccessToken(visits[0].code);
    assert.deepEqual([data.openid, data.scope, data.expires_in], ['fan-page', 'snsapi_userinfo', 7200]);
    await refused(oauth.getAccessToken(visits[0].code), 40163);
    await refused(oauth.getAccessToken('made-up'), 40029);
    assert.equal((await oauth.getUser('fan-page')).openid, 'fan-page');
    const again = await oauth.refreshAccessToken(data.refresh_token);
    assert.equal(again.data.openid, 'fan-page');
    assert.equal((await oauth.verifyToken('fan-page', again.data.access_token)).errcode, 0);
  });

  it('leads to registered domains only', async () => {
    const oauth = new OAuth(account.appid, account.secret);
    await platform.sites('www.example.com');
    const page = await listen(scope, () => assert.fail('a page that is not registered was opened'));
    const [seen] = await platform.act('fan-page', { open: oauth.getAuthorizeURL(`${page}/me`, 's') });
    assert.match(seen.content, /10003/);
  });
});

describe('figures', () => {
  it('count what happened', async () => {
    const day = (span) => new Date(Date.parse(span) + 8 * 3600e3).toISOString().slice(0, 10);
    const now = async () => (await (await fetch(`${url}/sim/clock`)).json()).now;
    await platform.advance('24h');
    const today = day(await now());
    await platform.act('fan-figure', { subscribe: {} });
    await platform.act('fan-figure', { text: '一' });
    await platform.act('fan-figure', { text: '二' });
    await refused(api.getUserSummary(today, today), 61501);
    await platform.advance('48h');
    const summary = await api.getUserSummary(today, today);
    assert.equal(summary.list.reduce((n, row) => n + row.new_user, 0), 1);
    const sent = await api.getUpstreamMsg(today, today);
    assert.deepEqual(sent.list, [{ ref_date: today, msg_type: 1, msg_user: 1, msg_count: 2 }]);
    await refused(api.getUserSummary('2026-13-01', today), 61500);
  });
});

describe('customer service', () => {
  it('has its accounts', async () => {
    assert.deepEqual((await api.getCustomServiceList()).kf_list, []);
  });
});
