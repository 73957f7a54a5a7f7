/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
/* `pressure.js CLIENT WAY`: 50 records, numbered. `itself`: as the client sends by itself;
 * any other: as docs/inputs.md says, so that it sends until all is taken. Exit status 1, and
 * what the client says, when it gives up. */
const [, , name, way] = process.argv
const url = process.env.URL
const token = process.env.TOKEN
const again = way !== 'itself'
const tag = name + ' ' + way
const all = [...Array(50).keys()]
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const auth = { username: 'x', password: token }

const bulk = client => async () => {
  for (;;) {
    try {
      const done = await client().helpers.bulk({
        datasource: all.map(n => ({ n, text: tag })),
        onDocument: () => ({ create: { _index: 'logs' } })
      })
      if (done.successful !== 50) throw new Error(JSON.stringify(done))
      return
    } catch (e) {
      if (!again || e.statusCode !== 429) throw e
      await sleep(1000)
    }
  }
}

/* What is sent again has the time of the first time. */
function splunk () {
  const { Logger } = require('splunk-logging')
  const logger = new Logger({ token, url, maxBatchCount: 0, maxRetries: 3 })
  const events = all.map(n => ({ message: { n, text: tag }, metadata: { time: 1763900000 + n / 1000 } }))
  let failed
  logger.requestOptions.strictSSL = true
  logger.error = e => { failed = e }
  const once = () => new Promise((resolve, reject) => {
    for (const e of events) logger.send(e)
    logger.flush((e, response, body) => {
      if (e || body.code !== 0) reject(e || failed || body)
      else resolve()
    })
  })
  return (async () => {
    for (;;) {
      try {
        return await once()
      } catch (e) {
        if (!again || e.code !== 9) throw e
        await sleep(1000)
      }
    }
  })()
}

/* `batching: false` sends each line by itself, once. */
async function loki () {
  const winston = require('winston')
  let failed
  const transport = new (require('winston-loki'))({
    host: url,
    basicAuth: 'x:' + token,
    labels: { app: 'shop' },
    interval: 1,
    batching: again,
    gracefulShutdown: false,
    onConnectionError: e => { failed = e }
  })
  const logger = winston.createLogger({ transports: [transport] })
  process.on('unhandledRejection', e => { failed = e })
  for (const n of all) logger.info(tag + ' ' + n)
  if (again) {
    await sleep(2000)
    await transport.flush()
  } else {
    await sleep(5000)
    if (failed) throw failed
  }
}

async function otlp () {
  const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs')
  const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http')
  const exporter = new OTLPLogExporter({
    url: url + '/v1/logs',
    headers: { Authorization: 'Bearer ' + token },
    compression: 'gzip',
    timeoutMillis: again ? 30000 : 10000
  })
  const real = exporter.export.bind(exporter)
  let failed
  exporter.export = (records, done) => real(records, r => { failed = failed || r.error; done(r) })
  const provider = new LoggerProvider()
  provider.addLogRecordProcessor(new BatchLogRecordProcessor(exporter, { exportTimeoutMillis: 60000 }))
  const logger = provider.getLogger('s')
  for (const n of all) logger.emit({ body: tag + ' ' + n })
  await provider.forceFlush()
  await provider.shutdown()
  if (failed) throw failed
}

const clients = {
  elasticsearch: bulk(() => new (require('@elastic/elasticsearch').Client)(
    { node: url, auth, compression: true })),
  opensearch: bulk(() => new (require('@opensearch-project/opensearch').Client)(
    { node: url, auth, compression: 'gzip' })),
  splunk,
  loki,
  otlp
}
clients[name]().then(() => process.exit(0), e => {
  console.error('gave up: ' + [e.name, e.statusCode || e.code, e.message].filter(x => x).join(' '))
  process.exit(1)
})
