/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
const { LoggerProvider, BatchLogRecordProcessor } = require('@opentelemetry/sdk-logs')
const { Resource } = require('@opentelemetry/resources')

/* Three lines with an attribute through an exporter; the process fails if one fails. */
module.exports = async function send (OTLPLogExporter) {
  const exporter = new OTLPLogExporter({
    url: process.env.URL + '/v1/logs',
    headers: { Authorization: 'Bearer ' + process.env.TOKEN },
    compression: 'gzip'
  })
  const real = exporter.export.bind(exporter)
  let failed
  exporter.export = (records, done) => real(records, r => { failed = failed || r.error; done(r) })
  const provider = new LoggerProvider({
    resource: new Resource({ 'service.name': 'shop', 'host.name': 'h1' })
  })
  provider.addLogRecordProcessor(new BatchLogRecordProcessor(exporter))
  const logger = provider.getLogger('scope')
  for (let i = 0; i < 3; i++) {
    logger.emit({ severityNumber: 9, severityText: 'INFO', body: 'an otel line ' + i, attributes: { k: 5, list: ['a', 1], map: { x: true } } })
  }
  await provider.forceFlush()
  await provider.shutdown()
  if (failed) throw failed
}
