/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
const winston = require('winston')
const LokiTransport = require('winston-loki')

/* Protobuf in snappy, then JSON with structured metadata. */
function logger (json) {
  return winston.createLogger({
    transports: [new LokiTransport({
      host: process.env.URL,
      basicAuth: 'x:' + process.env.TOKEN,
      labels: { app: 'shop' },
      json,
      useWinstonMetaAsLabels: false,
      batching: false,
      gracefulShutdown: false,
      onConnectionError: e => { console.error(e); process.exit(1) }
    })]
  })
}
const wire = logger(false)
const json = logger(true)
wire.info('a winston line 1')
wire.error({ message: 'a winston line 2', labels: { key: 'value' } })
json.info('a winston line 3')
setTimeout(() => process.exit(0), 2500)
