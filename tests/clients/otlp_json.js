/* SPDX-License-Identifier: Apache-2.0 */
'use strict'
const { OTLPLogExporter } = require('@opentelemetry/exporter-logs-otlp-http')

require('./otlp.js')(OTLPLogExporter).catch(e => { console.error(e); process.exit(1) })
