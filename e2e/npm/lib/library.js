// The libraries' clients, pointed at the simulated platform, and small files to upload.
import { account } from './fanflow.js';

export function library(WechatAPI, url) {
  const api = new WechatAPI(account.appid, account.secret);
  api.prefix = `${url}/cgi-bin/`;
  api.mpPrefix = `${url}/cgi-bin/`;
  api.fileServerPrefix = `${url}/cgi-bin/`;
  api.snsPrefix = `${url}/sns/`;
  api.customservicePrefix = `${url}/customservice/`;
  return redirected(api, url); // the data cube's address is written into the library
}

// redirected sends what a client asks of the real platform to the simulated one.
export function redirected(client, url) {
  const request = client.request;
  client.request = (address, ...rest) => request.call(client, address.replace('https://api.weixin.qq.com/', `${url}/`), ...rest);
  return client;
}

export const files = {
  image: { name: 'a.png', type: 'image/png', body: Buffer.from('\x89PNG\r\n\x1a\n a picture', 'latin1') },
  voice: { name: 'a.amr', type: 'audio/amr', body: Buffer.from(`#!AMR\n${'\x7c'.repeat(50)}`, 'latin1') },
  video: { name: 'a.mp4', type: 'video/mp4', body: Buffer.from('\x00\x00\x00\x18ftypmp42 a film', 'latin1') },
  thumb: { name: 'a.jpg', type: 'image/jpeg', body: Buffer.from('\xff\xd8\xff\xe0 a picture', 'latin1') },
};
