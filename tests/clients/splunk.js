/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
const { Logger } = require('splunk-logging')

const logger = new Logger({ token: process.env.TOKEN, url: process.env.URL, maxBatchCount: 0 })
logger.requestOptions.strictSSL = true
logger.error = e => { console.error(e); process.exit(1) }
logger.send({ message: 'a splunk event 1' })
logger.send({ message: { text: 'a splunk event 2', n: 2 }, metadata: { host: 'h', source: 's', sourcetype: 'st' } })
logger.send({ message: 'a splunk event 3', severity: 'warn' })
logger.flush((e, response, body) => {
  if (e || body.code !== 0) { console.error(e, body); process.exit(1) }
})
