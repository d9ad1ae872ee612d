// @owf/mdoc: issuing, presenting, verifying. It brings no cryptography: `context` gives it Node's. Its MACs are not asked for: in
// 0.6 it refuses every device MAC, also those it has just found good, and leaves the empty string out of what a MAC is over.
import { randomBytes } from 'node:crypto'

import {
  CoseKey,
  DateOnly,
  DeviceKey,
  DeviceRequest,
  DeviceResponse,
  DocRequest,
  Holder,
  IssuerSigned,
  Issuer,
  ItemsRequest,
  SessionTranscript,
  SignatureAlgorithm,
  Verifier,
} from '@owf/mdoc'

import { bytes, certificate, hash, holds, kept, keyOf, signed, text } from './keys.mjs'

function nameOf(der, field) {
  const lines = certificate(der).issuer.split('\n')
  return lines.filter((line) => line.startsWith(`${field}=`)).map((line) => line.slice(field.length + 1))
}

const certificateData = kept((name) => {
  const read = certificate(bytes(name))
  return {
    issuerName: read.issuer,
    subjectName: read.subject,
    serialNumber: read.serialNumber,
    thumbprint: read.fingerprint256,
    notBefore: read.validFromDate,
    notAfter: read.validToDate,
    pem: read.toString(),
  }
})

const isIssuedByOneOf = kept((names) => {
  const [leaf, ...roots] = names.split(',').map((name) => certificate(bytes(name)))
  return roots.some((root) => leaf.checkIssued(root) && leaf.verify(root.publicKey))
})

function verifyCertificateChain({ trustedCertificates, x5chain, now }) {
  if (!isIssuedByOneOf([x5chain[0], ...trustedCertificates].map(text).join())) throw new Error('issued by nobody trusted')
  const leaf = certificate(x5chain[0])
  if (now < leaf.validFromDate || now > leaf.validToDate) throw new Error('certificate not valid now')
}

const coseKeyOf = kept((name) => CoseKey.fromJwk({ ...keyOf(bytes(name)), alg: 'ES256' }))
const jwks = new WeakMap()
function jwkOf(key) {
  if (!jwks.has(key)) jwks.set(key, key.jwk)
  return jwks.get(key)
}

export const context = {
  crypto: {
    random: (length) => new Uint8Array(randomBytes(length)),
    digest: ({ digestAlgorithm, bytes: data }) => hash(digestAlgorithm, data),
  },
  cose: {
    sign1: {
      sign: ({ key, toBeSigned }) => signed(jwkOf(key), toBeSigned),
      verify: ({ key, sign1 }) => holds(jwkOf(key), sign1.toBeSigned, sign1.signature),
    },
  },
  x509: {
    getIssuerNameField: ({ certificate: der, field }) => nameOf(der, field),
    getPublicKey: ({ certificate: der }) => coseKeyOf(text(der)),
    getCertificateData: ({ certificate: der }) => certificateData(text(der)),
    verifyCertificateChain,
  },
}

// Values of CBOR have no JSON of their own: {date}, {moment} and {bytes} stand for them, one member each.
const READERS = { date: (value) => new DateOnly(value), moment: (value) => new Date(value), bytes }

export function cbor(value) {
  if (Array.isArray(value)) return value.map(cbor)
  if (value === null || typeof value !== 'object') return value
  const [[name, inner], ...more] = Object.entries(value)
  if (!more.length && name in READERS) return READERS[name](inner)
  return new Map(Object.entries(value).map(([key, member]) => [key, cbor(member)]))
}

function json(value) {
  if (value instanceof Uint8Array) return { bytes: text(value) }
  if (value instanceof DateOnly) return { date: value.toISOString() }
  if (value instanceof Date) return { moment: `${value.toISOString().split('.')[0]}Z` }
  if (Array.isArray(value)) return value.map(json)
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, json(member)]))
  return value
}

const claimsOf = (issuerSigned) =>
  Object.fromEntries(
    [...issuerSigned.issuerNamespaces.issuerNamespaces].map(([namespace, items]) => [
      namespace,
      Object.fromEntries(items.map((item) => [item.elementIdentifier, json(item.elementValue)])),
    ]),
  )

export const trusting = ({ roots, now }) => ({ trustedCertificates: roots.map(bytes), now: new Date(now * 1000) })

export function prepared({ doctype, key, certificate: der, device, validity }) {
  const [signedAt, validFrom, validUntil] = validity.map((seconds) => new Date(seconds * 1000))
  const how = {
    signingKey: CoseKey.fromJwk({ ...key, alg: 'ES256' }),
    certificates: [bytes(der)],
    algorithm: SignatureAlgorithm.ES256,
    digestAlgorithm: 'SHA-256',
    deviceKeyInfo: { deviceKey: DeviceKey.fromJwk(device) },
    validityInfo: { signed: signedAt, validFrom, validUntil },
  }
  return async (claims) => {
    const issuer = new Issuer(doctype, context)
    for (const [namespace, elements] of claims) issuer.addIssuerNamespace(namespace, elements)
    return (await issuer.sign(how)).encode()
  }
}

export async function issue({ claims, ...how }) {
  return text(await prepared(how)([...cbor(claims)]))
}

// A session is what the wallet was asked: by redirect, or through the browser if it has an `origin`.
export function sessionOf({ thumbprint, ...info }) {
  const asked = thumbprint ? { ...info, jwkThumbprint: bytes(thumbprint) } : info
  return info.origin ? SessionTranscript.forOid4VpDcApi(asked, context) : SessionTranscript.forOid4Vp(asked, context)
}

export const transcribe = async ({ session }) => text((await sessionOf(session)).encode())

export async function present({ issuerSigned, doctype, shown, key, session }) {
  const namespaces = Object.fromEntries(
    Object.entries(shown).map(([namespace, elements]) => [namespace, Object.fromEntries(elements.map((name) => [name, false]))]),
  )
  const response = await Holder.createDeviceResponseForDeviceRequest(
    {
      deviceRequest: DeviceRequest.create({
        docRequests: [DocRequest.create({ itemsRequest: ItemsRequest.create({ docType: doctype, namespaces }) })],
      }),
      issuerSigned: [IssuerSigned.decode(bytes(issuerSigned))],
      sessionTranscript: await sessionOf(session),
      signature: { signingKey: CoseKey.fromJwk({ ...key, alg: 'ES256' }) },
    },
    context,
  )
  return text(response.encode())
}

export async function verifyIssued({ issuerSigned, ...trust }) {
  const read = IssuerSigned.decode(bytes(issuerSigned))
  await Holder.verifyIssuerSigned({ issuerSigned: read, ...trusting(trust) }, context)
  return claimsOf(read)
}

export async function verify({ response, session, ...trust }) {
  const deviceResponse = DeviceResponse.decode(bytes(response))
  const sessionTranscript = await sessionOf(session)
  await Verifier.verifyDeviceResponse({ deviceResponse, sessionTranscript, ...trusting(trust) }, context)
  return deviceResponse.documents.map((document) => ({ doctype: document.docType, claims: claimsOf(document.issuerSigned) }))
}
