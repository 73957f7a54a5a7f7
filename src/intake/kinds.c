/* SPDX-License-Identifier: Apache-2.0 */
/* All kinds of inputs. One row here adds one. */
#include "intake/file.h"
#include "intake/http.h"
#include "intake/intake.h"
#include "intake/kafka.h"
#include "intake/opensearch.h"
#include "intake/syslog.h"

const struct yg_intake_kind *const yg_intake_kinds[] = {
    &yg_intake_syslog,
    &yg_intake_unix,
    &yg_intake_http,
    &yg_intake_file,
    &yg_intake_kafka,
    &yg_intake_opensearch,
    NULL,
};
