/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
const { Client } = require('@elastic/elasticsearch')

async function main () {
  const client = new Client({ node: process.env.URL, auth: { username: 'x', password: process.env.TOKEN } })
  const info = await client.info()
  if (info.version.number !== '9.9.9') throw new Error('version ' + info.version.number)
  const ten = [...Array(10).keys()].map(n => ({ n, text: 'ä "quoted"' }))
  const done = await client.helpers.bulk({
    datasource: ten, onDocument: () => ({ create: { _index: 'logs' } })
  })
  if (done.successful !== 10 || done.failed !== 0) throw new Error(JSON.stringify(done))
  const more = await client.bulk({
    operations: ten.flatMap(d => [{ index: { _index: 'logs', _id: 'i' + d.n } }, d])
      .concat([{ delete: { _index: 'logs', _id: 'i1' } }])
  })
  if (!more.errors || more.items.length !== 11 || more.items[10].delete.status !== 400 ||
      more.items[3].index.status !== 201) throw new Error(JSON.stringify(more))
}
main().catch(e => { console.error(e); process.exit(1) })
