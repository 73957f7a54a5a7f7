/* SPDX-License-Identifier: Apache-2.0 */
// An identity provider of npm (oidc-provider) with people in it, for tests/clients/oidc:
// node oidc_provider.mjs PORT BACK [KEY CERTIFICATE]. Three clients, one for each algorithm; whoever logs in
// is who he says he is: kim (soc), lee (soc, lead), nobody (no group).
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import Provider from 'oidc-provider'

const [port, back, keyFile, certFile] = process.argv.slice(2)
const issuer = keyFile ? `https://localhost:${port}` : `http://127.0.0.1:${port}`
const people = {
  kim: { groups: ['soc'], customers: ['c1'], email: 'kim@example.org' },
  lee: { groups: ['soc', 'lead'], customers: ['c1', 'c2'], email: 'lee@example.org' },
  nobody: { groups: ['other'], customers: [], email: 'nobody@example.org' },
  stranger: { groups: ['soc'], customers: ['c1'], email: 'stranger@example.net' }
}
const key = (type, options, alg) => ({
  ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  alg, use: 'sig', kid: 'k-' + alg
})
const client = (id, alg, more) => ({
  client_id: id, redirect_uris: [back], response_types: ['code'],
  grant_types: ['authorization_code'], id_token_signed_response_alg: alg, ...more
})
const provider = new Provider(issuer, {
  clients: [
    client('yagura-rs', 'RS256', { client_secret: 's3cret:%/+ x' }),
    client('yagura-es', 'ES256', {
      client_secret: 'another', token_endpoint_auth_method: 'client_secret_post'
    }),
    client('yagura-ed', 'EdDSA', { token_endpoint_auth_method: 'none' }),
    client('yagura-hs', 'HS256', { client_secret: 'x'.repeat(40) })
  ],
  jwks: {
    keys: [key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'), key('ed25519', {}, 'EdDSA')]
  },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'HS256'] },
  pkce: { methods: ['S256'], required: () => true },
  conformIdTokenClaims: false,
  claims: {
    openid: ['sub'], profile: ['preferred_username', 'name', 'groups', 'customers'],
    email: ['email', 'email_verified']
  },
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: 'id-of-' + id, preferred_username: id, name: `${id} of the test`,
      email_verified: true, ...(people[id] || people.nobody)
    })
  })
})
const server = keyFile
  ? https.createServer({ key: fs.readFileSync(keyFile), cert: fs.readFileSync(certFile) }, provider.callback())
  : http.createServer(provider.callback())
server.listen(Number(port), '127.0.0.1', () => console.log(issuer))
