// SPDX-License-Identifier: Apache-2.0
// The stories' identity provider: oidc-provider as it is, with people, consent, clients in files, and keys that can be rotated.
//
//   node server.mjs DIRECTORY        listens on https://idp.example.com (127.0.0.2:443)
//
// DIRECTORY holds tls.pem (certificate and key), clients/CLIENT_ID.json (RFC 7591 metadata, read anew at each request, and the
// members of `extraClientMetadata` below), and gets log.jsonl: a line for each request to the token endpoint.
// SIGHUP rotates the signing keys: new ones sign, the ones before them are still published, older ones are gone.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

import Provider, { errors } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const ISSUER = 'https://idp.example.com';
const SCOPES = ['host.deploy', 'host.logs'];
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

const dir = process.argv[2];
const people = new Map([['alice', 'alice-at-idp'], ['bob', 'bob-at-idp']]);
const grants = new Map(); // grant id → { accountId, clientId }: whose consent it is

function log(record) {
  fs.appendFileSync(path.join(dir, 'log.jsonl'), `${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`);
}

// ---- what is kept ------------------------------------------------------------------------------------------------

class Adapter extends MemoryAdapter {
  async find(id) {
    if (this.model !== 'Client') return super.find(id);
    if (!/^[a-z0-9-]+$/.test(id)) return undefined;
    const file = path.join(dir, 'clients', `${id}.json`);
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  }

  async upsert(id, payload, expiresIn) {
    if (this.model === 'Grant') grants.set(id, { accountId: payload.accountId, clientId: payload.clientId });
    return super.upsert(id, payload, expiresIn);
  }
}

async function withdraw(grantId) {
  grants.delete(grantId);
  for (const model of ['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']) {
    await new Adapter(model).revokeByGrantId(grantId);
  }
  await new Adapter('Grant').destroy(grantId);
}

// ---- keys --------------------------------------------------------------------------------------------------------

function newKey(alg, use = 'sig') {
  const [type, options] = {
    ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}],
  }[alg] ?? ['rsa', { modulusLength: 2048 }];
  const jwk = crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, alg, use, kid: crypto.randomBytes(9).toString('base64url') };
}
const newKeys = () => ALGORITHMS.map((alg) => newKey(alg));

const encryption = newKey('RSA-OAEP', 'enc'); // published beside the others, as providers do
const keysFile = path.join(dir, 'keys.json'); // they outlive a restart
let keys = fs.existsSync(keysFile) ? JSON.parse(fs.readFileSync(keysFile, 'utf8')) : keep([newKeys()]); // the newest first

function keep(sets) {
  fs.writeFileSync(keysFile, JSON.stringify(sets), { mode: 0o600 });
  return sets;
}

// ---- what a token for a host holds -------------------------------------------------------------------------------

// A group list as a directory hands it out, of so many bytes.
function groupsOf(bytes) {
  const groups = [];
  for (let n = 0; n < bytes; n += 39) groups.push(crypto.randomUUID());
  return groups;
}

function extraTokenClaims(ctx, token) {
  const { client, params } = ctx.oidc;
  const { access_token_groups: bytes, access_token_claims: claims } = client;
  return {
    ...claims,
    ...(bytes ? { groups: groupsOf(bytes) } : {}),
    ...(params?.grant_type === EXCHANGE && token.accountId ? { act: { sub: client.clientId } } : {}),
  };
}

function getResourceServerInfo(ctx, resource, client) {
  if (!/^(ssh|api):\/\/[a-z0-9.-]+$/.test(resource)) throw new errors.InvalidTarget('no such host is known here');
  return {
    audience: resource,
    scope: SCOPES.join(' '),
    accessTokenTTL: client.access_token_ttl ?? 600,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: client.access_token_alg ?? 'RS256' } },
  };
}

// ---- client assertions -------------------------------------------------------------------------------------------

// Holds a client with `strict_client_assertion` to RFC 7523bis: an explicit type, and this issuer and nothing else as audience.
function assertJwtClientAuthClaimsAndHeader(ctx, claims, header, client) {
  if (!client.strict_client_assertion) return;
  if (header.typ !== 'client-authentication+jwt') throw new errors.InvalidClientAuth('typ must be client-authentication+jwt');
  if (claims.aud !== ISSUER) throw new errors.InvalidClientAuth('aud must be the issuer');
}

// ---- token exchange ----------------------------------------------------------------------------------------------

// The smallest stand-in for RFC 8693, which oidc-provider lacks: a user's token of this provider, whose audience is the
// client that asks, becomes a token for the host, the client as its actor.
function subjectOf(token, client) {
  const [header, payload, signature] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  const { alg, kid } = JSON.parse(header);
  const key = keys.flat().find((k) => k.kid === kid && k.alg === alg && alg === 'RS256');
  const input = token.slice(0, token.lastIndexOf('.'));
  const claims = JSON.parse(payload);
  if (!key || !crypto.verify('sha256', input, crypto.createPublicKey({ key, format: 'jwk' }), signature)
    || claims.iss !== ISSUER || claims.exp <= Date.now() / 1000) {
    throw new errors.InvalidGrant('subject_token is not valid');
  }
  if (claims.aud !== `api://${client.clientId}`) throw new errors.InvalidGrant('subject_token is not for this client');
  return claims;
}

async function exchange(ctx, next) {
  const { client, params, provider } = ctx.oidc;
  if (!params.subject_token || params.subject_token_type !== 'urn:ietf:params:oauth:token-type:access_token') {
    throw new errors.InvalidRequest('subject_token or subject_token_type is missing or not supported');
  }
  const subject = subjectOf(params.subject_token, client);
  const resource = params.resource ?? params.audience;
  const token = new provider.AccessToken({ accountId: subject.sub, client, gty: EXCHANGE });
  token.resourceServer = new provider.ResourceServer(resource, getResourceServerInfo(ctx, resource, client));
  // No wider than what the user's token has.
  const had = (subject.scope ?? '').split(' ');
  token.scope = (params.scope ?? subject.scope ?? '').split(' ').filter((s) => had.includes(s)).join(' ');
  ctx.oidc.entity('AccessToken', token);
  ctx.body = {
    access_token: await token.save(),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: token.expiration,
    scope: token.scope,
  };
  if (next) await next(); // version 8 has one
}

// ---- the provider ------------------------------------------------------------------------------------------------

const cookieKey = crypto.randomBytes(32).toString('hex');

function keySet() {
  return { keys: [...keys.flat(), encryption] };
}

function makeProvider() {
  const provider = new Provider(ISSUER, {
    adapter: Adapter,
    jwks: keySet(),
    cookies: { keys: [cookieKey] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ALGORITHMS, dPoPSigningAlgValues: ['ES256', 'EdDSA'] },
    extraClientMetadata: {
      properties: ['access_token_alg', 'access_token_groups', 'access_token_claims', 'access_token_ttl',
        'strict_client_assertion'],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      dPoP: { enabled: true },
      encryption: { enabled: true }, // so that the encryption key is of use, and published
      requestObjects: { request: true },
      revocation: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo, useGrantedResource: () => true },
    },
    assertJwtClientAuthClaimsAndHeader,
    findAccount: (ctx, id) => (people.has(id) ? { accountId: id, claims: () => ({ sub: id }) } : undefined),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    extraTokenClaims,
    ttl: { Grant: 86400, Interaction: 3600, RefreshToken: 86400, Session: 86400 },
  });
  provider.registerGrantType(EXCHANGE, exchange, [
    'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'audience', 'resource', 'scope',
  ], ['resource']);
  const asked = (ctx) => ({ event: 'token', client: ctx.oidc.client?.clientId, grant_type: ctx.oidc.params?.grant_type });
  provider.on('grant.success', (ctx) => log({ ...asked(ctx), result: 'ok' }));
  provider.on('grant.error', (ctx, e) => log({ ...asked(ctx), result: e.error, reason: e.error_description ?? e.message, detail: e.error_detail }));
  provider.on('server_error', (ctx, e) => log({ event: 'server_error', stack: e.stack }));
  return provider;
}

let provider = makeProvider();
let handle = provider.callback();

process.on('SIGHUP', () => {
  keys = keep([newKeys(), keys[0]]);
  provider = makeProvider();
  handle = provider.callback();
  log({ event: 'rotated' });
});

// ---- what people see: login, consent, withdrawing consent --------------------------------------------------------

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(res, title, body) {
  res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  res.end(`<!DOCTYPE html><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}`);
}

const loginFields = '<input name="account" placeholder="account"><input name="password" type="password">';

function showLogin(res, complaint = '') {
  page(res, 'Sign in', `<p>${complaint}</p><form method="post">${loginFields}<button name="login">Sign in</button></form>`);
}

function showConsent(res, { params, session }) {
  const boxes = params.scope.split(' ').filter((s) => SCOPES.includes(s)).map((s) => `<label>
    <input type="checkbox" name="scope" value="${escape(s)}" checked> ${escape(s)}</label>`).join('');
  page(res, 'Consent', `<p>${escape(params.client_id)} asks to act for ${escape(session.accountId)}
    at ${escape(params.resource)}:</p><form method="post">${boxes}
    <button name="allow">Allow</button><button name="refuse">Refuse</button></form>`);
}

function mayLogIn(form) {
  const password = people.get(form.get('account'));
  return password !== undefined && form.get('password') === password;
}

// Grants what was ticked; what was not is on record as refused, so that it is not asked for again.
async function grantOf({ params, prompt, session, grantId }, ticked) {
  const grant = grantId ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (prompt.details.missingOIDCScope) grant.addOIDCScope(prompt.details.missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    const given = scopes.filter((s) => ticked.includes(s));
    const refused = scopes.filter((s) => !ticked.includes(s));
    if (given.length) grant.addResourceScope(resource, given.join(' '));
    if (refused.length) grant.rejectResourceScope(resource, refused.join(' '));
  }
  return grant.save();
}

async function interaction(req, res, form) {
  const details = await provider.interactionDetails(req, res);
  if (!form) return details.prompt.name === 'login' ? showLogin(res) : showConsent(res, details);
  if (details.prompt.name === 'login') {
    if (!mayLogIn(form)) return showLogin(res, 'Account or password is wrong.');
    return provider.interactionFinished(req, res, { login: { accountId: form.get('account') } });
  }
  if (form.has('refuse')) {
    return provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'the user refused' });
  }
  const grantId = await grantOf(details, form.getAll('scope'));
  return provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
}

// Withdraws what a person consented to for a client.
async function consents(req, res, form) {
  if (!form) {
    return page(res, 'Withdraw consent', `<form method="post">${loginFields}<input name="client">
      <button name="withdraw">Withdraw</button></form>`);
  }
  const found = [...grants].filter(([, g]) => g.accountId === form.get('account') && g.clientId === form.get('client'));
  if (!mayLogIn(form) || !found.length) return page(res, 'Nothing withdrawn', '');
  for (const [id] of found) await withdraw(id);
  return page(res, 'Consent withdrawn', '');
}

async function formOf(req) {
  if (req.method !== 'POST') return undefined;
  let text = '';
  for await (const part of req) text += part;
  return new URLSearchParams(text);
}

async function serve(req, res) {
  if (req.url.startsWith('/interaction/')) return interaction(req, res, await formOf(req));
  if (req.url === '/consents') return consents(req, res, await formOf(req));
  return handle(req, res);
}

const pem = fs.readFileSync(path.join(dir, 'tls.pem'));
https.createServer({ cert: pem, key: pem }, (req, res) => {
  serve(req, res).catch((e) => {
    log({ event: 'server_error', stack: e.stack });
    if (!res.headersSent) res.writeHead(500);
    res.end();
  });
}).listen(443, '127.0.0.2');
