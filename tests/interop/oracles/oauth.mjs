// @openid4vc/oauth2: proofs of possession (DPoP), made by its client and checked by its server.
import { randomBytes } from 'node:crypto'

import { calculateJwkThumbprint, HashAlgorithm, Oauth2AuthorizationServer, resourceRequest } from '@openid4vc/oauth2'

import { hash, holds, signed, text } from './keys.mjs'

const hashing = (data, name) => hash(name, data)

export const callbacks = {
  hash: hashing,
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  verifyJwt(signer, { compact }) {
    const [header, payload, signature] = compact.split('.')
    const jwk = signer.publicJwk
    return { verified: holds(jwk, Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')), signerJwk: jwk }
  },
}

const signing = (key) => (signer, { header, payload }) => {
  const input = [header, payload].map((part) => text(JSON.stringify(part))).join('.')
  return { jwt: `${input}.${text(signed(key, Buffer.from(input)))}`, signerJwk: signer.publicJwk }
}

// What its client sends for a resource, asked again with the nonce it is given first, if any.
export async function prove({ key, url, method, accessToken, nonce }) {
  const { d, ...publicJwk } = key
  const sent = []
  const fetch = async (_url, { headers }) => {
    sent.push(new Headers(headers))
    if (!nonce || sent.length > 1) return new Response('{}', { status: 200 })
    return new Response('', { status: 401, headers: { 'DPoP-Nonce': nonce, 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' } })
  }
  await resourceRequest({
    url,
    accessToken,
    requestOptions: { method },
    dpop: { signer: { method: 'jwk', alg: 'ES256', publicJwk } },
    callbacks: { ...callbacks, fetch, signJwt: signing(key) },
  })
  return sent.map((headers) => ({ proof: headers.get('DPoP'), authorization: headers.get('Authorization') }))
}

export async function check({ proof, url, method, now, ...expected }) {
  const server = new Oauth2AuthorizationServer({ callbacks })
  const request = { headers: new Headers(), method, url }
  const verified = await server.verifyDpopJwt({ dpopJwt: proof, request, now: new Date(now * 1000), allowedSigningAlgs: ['ES256'], ...expected })
  return { thumbprint: verified.jwkThumbprint, jti: verified.payload.jti }
}

export const thumbprint = ({ jwk }) =>
  calculateJwkThumbprint({ jwk, hashAlgorithm: HashAlgorithm.Sha256, hashCallback: hashing })
