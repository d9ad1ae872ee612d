// @openid4vc/openid4vci and openid4vp: a foreign wallet that fetches certificates and reads requests.
import { clientAuthenticationClientAttestationJwt } from '@openid4vc/oauth2'
import { Openid4vciClient, Openid4vciIssuer } from '@openid4vc/openid4vci'
import { Openid4vpClient } from '@openid4vc/openid4vp'

import { at } from './clock.mjs'
import { callbacks, signing } from './oauth.mjs'
import { fetch } from './web.mjs'

const signerOf = ({ d, ...publicJwk }) => ({ method: 'jwk', alg: 'ES256', publicJwk })

// Copies of the `wanted` certificates, one for each of the `keys` of a configuration, and a thank-you.
async function copiesOf({ client, issuerMetadata, granted, keys, wanted }) {
  const access = { issuerMetadata, accessToken: granted.accessTokenResponse.access_token, dpop: granted.dpop }
  const collected = {}
  for (const credentialConfigurationId of wanted.filter((id) => keys[id])) {
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    const proofs = keys[credentialConfigurationId].map((key) =>
      client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId, nonce, signer: signerOf(key) }),
    )
    const jwt = (await Promise.all(proofs)).map((proof) => proof.jwt)
    const { credentialResponse } = await client.retrieveCredentials({ ...access, credentialConfigurationId, proofs: { jwt } })
    collected[credentialConfigurationId] = credentialResponse.credentials.map((one) => one.credential)
    const notification = { event: 'credential_accepted', notificationId: credentialResponse.notification_id }
    if (credentialResponse.notification_id) await client.sendNotification({ ...access, notification })
  }
  return collected
}

export const collect = ({ link, pin, keys, dpop, now }) =>
  at(now, async () => {
    const own = [...Object.values(keys).flat(), dpop]
    const client = new Openid4vciClient({ callbacks: { ...callbacks, fetch, signJwt: signing(own) } })
    const offer = await client.resolveCredentialOffer(link)
    const issuerMetadata = await client.resolveIssuerMetadata(offer.credential_issuer)
    const granted = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: offer,
      issuerMetadata,
      txCode: pin,
      dpop: { signer: signerOf(dpop) },
    })
    const collected = await copiesOf({ client, issuerMetadata, granted, keys, wanted: offer.credential_configuration_ids })
    return { collected, version: issuerMetadata.originalDraftVersion, known: Object.keys(issuerMetadata.knownCredentialConfigurations) }
  })

// By the authorization code flow, as the wallet of an `attestation`; the answer to the address a browser opens is where it went.
export const collectByCode = ({ link, keys, dpop, instance, attestation, clientId, redirectUri, scope, now }) =>
  at(now, async () => {
    const signJwt = signing([...Object.values(keys).flat(), dpop, instance])
    const clientAuthentication = clientAuthenticationClientAttestationJwt({ clientAttestationJwt: attestation, callbacks: { ...callbacks, signJwt } })
    const client = new Openid4vciClient({ callbacks: { ...callbacks, clientAuthentication, fetch, signJwt } })
    const offer = await client.resolveCredentialOffer(link)
    const issuerMetadata = await client.resolveIssuerMetadata(offer.credential_issuer)
    const flow = { credentialOffer: offer, issuerMetadata, clientId, redirectUri, scope, additionalRequestPayload: { state: 'mine' } }
    const begun = await client.createAuthorizationRequestUrlFromOffer({ ...flow, dpop: { signer: signerOf(dpop) } })
    const back = (await fetch(begun.authorizationRequestUrl)).headers.get('location')
    const [authorizationServerMetadata] = issuerMetadata.authorizationServers
    const answered = client.parseAndVerifyAuthorizationResponseRedirectUrl({ url: back, authorizationServerMetadata, issuerMetadata })
    const { code: authorizationCode } = answered.authorizationResponse ?? answered
    const granted = await client.retrieveAuthorizationCodeAccessTokenFromOffer({
      credentialOffer: offer,
      issuerMetadata,
      authorizationCode,
      pkceCodeVerifier: begun.pkce.codeVerifier,
      redirectUri,
      dpop: begun.dpop,
    })
    const collected = await copiesOf({ client, issuerMetadata, granted, keys, wanted: offer.credential_configuration_ids })
    return { collected, back, opened: begun.authorizationRequestUrl }
  })

export async function checkProof({ proof, issuer, nonce, now }) {
  const verifier = new Openid4vciIssuer({ callbacks })
  const issuerMetadata = { credentialIssuer: { credential_issuer: issuer } }
  const how = { jwt: proof, expectedNonce: nonce, now: new Date(now * 1000), issuerMetadata }
  const { header } = await at(now, () => verifier.verifyCredentialRequestJwtProof(how))
  return header.jwk
}

// From the link that opens a wallet to what is asked, and by whom.
export const readRequest = ({ link, now }) =>
  at(now, async () => {
    const client = new Openid4vpClient({ callbacks: { ...callbacks, fetch } })
    const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link })
    const { client: asking, ...read } = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params })
    return { client: asking, version: read.version, payload: read.authorizationRequestPayload, query: read.dcql.query }
  })
