/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/kafka.h"

/* In the place of kafka.c in a build without librdkafka. */

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    (void)in;
    (void)conf;
    (void)source;
    (void)state;
    return yg_err_set(err, YG_EINVAL,
                      "this yagura was built without Kafka; build it where "
                      "librdkafka-dev is installed");
}

static void nothing(void *state)
{
    (void)state;
}

const struct yg_intake_kind yg_intake_kafka = {
    .name = "kafka",
    .doc = "topics of Kafka (not in this build)",
    .start = start,
    .stop = nothing,
    .free = nothing,
};
