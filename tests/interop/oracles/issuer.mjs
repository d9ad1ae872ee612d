// @openid4vc/oauth2 and openid4vci as an issuer and its authorization server: authorization code flow by pushed requests, PKCE,
// DPoP with nonces, attested clients; both formats, at once or later. What the person does at its pages is a yes.
import { randomBytes } from 'node:crypto'

import { MobileSecurityObject } from '@owf/mdoc'
import { Oauth2AuthorizationServer } from '@openid4vc/oauth2'
import { Openid4vciIssuer } from '@openid4vc/openid4vci'

import { at } from './clock.mjs'
import { text } from './keys.mjs'
import { cbor, prepared } from './mdoc.mjs'
import { callbacks } from './oauth.mjs'
import { issuing } from './sdjwt.mjs'

const fresh = () => randomBytes(32).toString('base64url')
const server = new Oauth2AuthorizationServer({ callbacks })
const issuer = new Openid4vciIssuer({ callbacks })
let here

class Refused extends Error {
  constructor(status, error, headers = {}) {
    super(error)
    Object.assign(this, { status, error, headers })
  }
}

// `metadata` and `server` are its documents; `as` and `rs` the nonces of its two halves; `later` how often it asks for patience.
export const open = (given) => {
  const documents = { server: server.createAuthorizationServerMetadata(given.server), metadata: given.metadata }
  issuer.createCredentialIssuerMetadata(given.metadata)
  here = { ...given, ...documents, pushed: {}, codes: {}, tokens: {}, refresh: {}, promised: {}, heard: [], nonces: new Set() }
  here.challenge = fresh()
}

export const heard = () => here.heard

export const link = async ({ configurations, issuerState }) => {
  const credentialIssuer = issuer.createCredentialIssuerMetadata(here.metadata)
  const issuerMetadata = { credentialIssuer, authorizationServers: [here.server], originalDraftVersion: 'V1' }
  const offer = { credentialConfigurationIds: configurations, grants: { authorization_code: { issuer_state: issuerState } }, issuerMetadata }
  return (await issuer.createCredentialOffer(offer)).credentialOffer
}

export const answer = ({ now, method, url, headers, content }) =>
  at(now, async () => {
    const request = { method, url, headers: new Headers(headers) }
    const { pathname, searchParams } = new URL(url)
    const body = Buffer.from(content ?? '', 'base64url').toString()
    here.heard.push({ path: pathname, body })
    try {
      const { status = 200, headers: more = {}, ...said } = await doors[pathname](request, body, searchParams, now)
      return { status, headers: { 'content-type': 'application/json', ...more }, body: text(JSON.stringify(said.said ?? null)) }
    } catch (error) {
      const { status, headers: more = {} } = error
      const said = error.errorResponse ?? { error: error.error ?? 'server_error', error_description: `${error.message}` }
      return { status: status ?? 400, headers: { 'content-type': 'application/json', ...more }, body: text(JSON.stringify(said)) }
    }
  })

const form = (body) => Object.fromEntries(new URLSearchParams(body))

// Who asks and with which key, on both endpoints of the authorization server.
async function known(request, { clientAttestation, dpop }, clientId) {
  const proof = dpop?.jwt
  if (!proof) throw new Refused(400, 'invalid_dpop_proof')
  if (!clientAttestation) throw new Refused(401, 'invalid_client')
  const possession = JSON.parse(Buffer.from(clientAttestation.clientAttestationPopJwt.split('.')[1], 'base64url'))
  if (possession.challenge !== here.challenge)
    throw new Refused(400, 'use_attestation_challenge', { 'OAuth-Client-Attestation-Challenge': here.challenge })
  if (here.used?.has(possession.jti)) throw new Refused(401, 'invalid_client')
  ;(here.used ??= new Set()).add(possession.jti)
  const { clientAttestation: attested } = await server.verifyClientAttestation({
    authorizationServer: here.server.issuer,
    clientAttestationJwt: clientAttestation.clientAttestationJwt,
    clientAttestationPopJwt: clientAttestation.clientAttestationPopJwt,
    now: new Date(),
  })
  if (clientId && attested.payload.sub !== clientId) throw new Refused(401, 'invalid_client')
  return { key: await proven(request, proof, here.as, 400), instance: attested.payload.cnf.jwk.x }
}

async function proven(request, dpopJwt, nonce, status, more = {}) {
  const challenge = { 'DPoP-Nonce': nonce, ...(status === 401 ? { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' } : {}) }
  if (JSON.parse(Buffer.from(dpopJwt.split('.')[1], 'base64url')).nonce !== nonce) throw new Refused(status, 'use_dpop_nonce', challenge)
  const how = { request, dpopJwt, now: new Date(), allowedSigningAlgs: ['ES256'], expectedNonce: nonce, ...more }
  return (await server.verifyDpopJwt(how)).jwkThumbprint
}

async function push(request, body) {
  const authorizationRequest = form(body)
  const parsed = await server.parsePushedAuthorizationRequest({ authorizationRequest, request })
  const who = await known(request, parsed, authorizationRequest.client_id)
  if (authorizationRequest.code_challenge_method !== 'S256') throw new Refused(400, 'invalid_request')
  const uri = `urn:ietf:params:oauth:request_uri:${fresh()}`
  here.pushed[uri] = { ...authorizationRequest, ...who }
  const { pushedAuthorizationResponse: said } = server.createPushedAuthorizationResponse({ requestUri: uri, expiresInSeconds: 60 })
  return { status: 201, said }
}

function authorize(_request, _body, parameters) {
  const asked = here.pushed[parameters.get('request_uri')]
  if (!asked || asked.client_id !== parameters.get('client_id')) throw new Refused(400, 'invalid_request_uri')
  const code = fresh()
  here.codes[code] = asked
  const answered = new URLSearchParams({ code, state: asked.state, iss: here.server.issuer })
  return { status: 303, headers: { location: `${asked.redirect_uri}?${answered}` } }
}

async function token(request, body) {
  const accessTokenRequest = form(body)
  const parsed = server.parseAccessTokenRequest({ accessTokenRequest, request })
  const who = await known(request, parsed, undefined)
  const asked = parsed.grant.code ? here.codes[parsed.grant.code] : here.refresh[parsed.grant.refreshToken]
  if (!asked || asked.key !== who.key || asked.instance !== who.instance) throw new Refused(400, 'invalid_grant')
  if (parsed.grant.code) await redeemed(request, accessTokenRequest, parsed, asked)
  const [accessToken, refreshToken] = [fresh(), fresh()]
  here.tokens[accessToken] = asked
  here.refresh[refreshToken] = asked
  const wanted = asked.authorization_details && JSON.parse(asked.authorization_details)
  const details = wanted?.map((detail) => ({ ...detail, credential_identifiers: [`${detail.credential_configuration_id}/one`] }))
  // No expires_in, and a type in letters of their own: both are allowed.
  const said = { access_token: accessToken, token_type: 'dPoP', refresh_token: refreshToken, ...(details && { authorization_details: details }) }
  return { said, headers: { 'cache-control': 'no-store' } }
}

async function redeemed(request, { code, code_verifier: codeVerifier, redirect_uri: back }, parsed, asked) {
  if (back !== asked.redirect_uri || !/^[\w.~-]{43,128}$/.test(codeVerifier)) throw new Refused(400, 'invalid_grant')
  await server.verifyAuthorizationCodeAccessTokenRequest({
    request,
    grant: parsed.grant,
    accessTokenRequest: parsed.accessTokenRequest,
    authorizationServerMetadata: here.server,
    expectedCode: code,
    pkce: { codeVerifier, codeChallenge: asked.code_challenge, codeChallengeMethod: 'S256' },
    now: new Date(),
  })
  delete here.codes[code]
}

async function allowed(request) {
  const [, accessToken] = (request.headers.get('authorization') ?? '').split(' ')
  const asked = here.tokens[accessToken]
  if (!asked) throw new Refused(401, 'invalid_token')
  await proven(request, request.headers.get('dpop'), here.rs, 401, { accessToken, expectedJwkThumbprint: asked.key })
  return asked
}

async function credential(request, body, _parameters, now) {
  const asked = await allowed(request)
  const credentialRequest = JSON.parse(body)
  const issuerMetadata = { knownCredentialConfigurations: here.metadata.credential_configurations_supported, credentialIssuer: here.metadata }
  const parsed = issuer.parseCredentialRequest({ credentialRequest, issuerMetadata: { ...issuerMetadata, authorizationServers: [here.server] } })
  const name = parsed.credentialConfigurationId ?? parsed.credentialIdentifier.split('/')[0]
  if (Boolean(asked.authorization_details) !== Boolean(parsed.credentialIdentifier)) throw new Refused(400, 'invalid_credential_request')
  const keys = []
  for (const jwt of parsed.proofs.jwt) {
    const { payload } = JSON.parse(`{"payload":${Buffer.from(jwt.split('.')[1], 'base64url')}}`)
    if (!here.nonces.has(payload.nonce)) throw new Refused(400, 'invalid_nonce')
    const { header } = await issuer.verifyCredentialRequestJwtProof({ jwt, expectedNonce: payload.nonce, now: new Date(), issuerMetadata })
    keys.push(header.jwk)
  }
  const most = here.metadata.batch_credential_issuance?.batch_size ?? 1
  if (keys.length > most || new Set(keys.map(({ x }) => x)).size !== keys.length) throw new Refused(400, 'invalid_proof')
  if (!here.later) return { said: await delivery(name, keys, now) }
  const id = fresh()
  here.promised[id] = { name, keys, left: here.later }
  return { status: 202, said: { transaction_id: id, interval: 2.5 } }
}

async function deferred(request, body, _parameters, now) {
  await allowed(request)
  const { deferredCredentialRequest: asked } = issuer.parseDeferredCredentialRequest({ deferredCredentialRequest: JSON.parse(body) })
  const promise = here.promised[asked.transaction_id]
  if (!promise) throw new Refused(400, 'invalid_transaction_id')
  promise.left -= 1
  if (promise.left) return { status: 202, said: { transaction_id: asked.transaction_id, interval: 2.5 } }
  delete here.promised[asked.transaction_id]
  return { said: await delivery(promise.name, promise.keys, now) }
}

// In another order than the keys came.
async function delivery(name, keys, now) {
  const made = await Promise.all([...keys].reverse().map((jwk) => copy(name, jwk, now)))
  return issuer.createCredentialResponse({ credentials: made.map((one) => ({ credential: one })), notificationId: fresh(), credentialRequest: {} })
}

async function copy(name, { kty, crv, x, y }, now) {
  const { format, vct, doctype } = here.metadata.credential_configurations_supported[name]
  const { key, x5c, documents, status, claims, elements } = here.credentials
  const ends = now + 86_400
  if (format === 'dc+sd-jwt') {
    const payload = { iss: here.metadata.credential_issuer, vct, iat: now, exp: ends, cnf: { jwk: { kty, crv, x, y } }, status, ...claims }
    return issuing({ key }).issue(payload, { _sd: Object.keys(claims) }, { header: { x5c } })
  }
  const how = { doctype, key: documents.key, certificate: documents.certificate, device: { kty, crv, x, y }, validity: [now, now, ends] }
  return text(await withStatus(status, () => prepared(how)([...cbor(elements)])))
}

// The library writes no status, which came with the second edition of the standard.
async function withStatus({ status_list: { idx, uri } }, work) {
  const create = MobileSecurityObject.create
  MobileSecurityObject.create = (options) => {
    const mso = create.call(MobileSecurityObject, options)
    mso.structure.set('status', new Map([['status_list', new Map([['idx', idx], ['uri', uri]])]]))
    return mso
  }
  try {
    return await work()
  } finally {
    MobileSecurityObject.create = create
  }
}

async function notification(request) {
  await allowed(request)
  return { status: 204 }
}

function nonce() {
  const made = fresh()
  here.nonces.add(made)
  return { said: { c_nonce: made }, headers: { 'cache-control': 'no-store', 'DPoP-Nonce': here.rs } }
}

const doors = {
  '/.well-known/openid-credential-issuer': () => ({ said: here.metadata }),
  '/.well-known/oauth-authorization-server': () => ({ said: here.server }),
  '/challenge': () => ({ said: { attestation_challenge: here.challenge } }),
  '/par': push,
  '/authorize': authorize,
  '/token': token,
  '/nonce': nonce,
  '/credential': credential,
  '/deferred': deferred,
  '/notification': notification,
}
