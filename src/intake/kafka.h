/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka - the kind of input that reads topics as a member of a consumer group.
 *
 *      poll ──► some messages ──► journal ──► durable ──► commit their offsets
 *        └── paused while the journal is full
 *
 * An offset is committed when what stands before it is on disk here, so a message is
 * read again after a crash rather than lost; its id is topic, partition and offset, by
 * which it is recognised then. The record is the message's value; one without a value is
 * none. A broker that cannot be reached is tried again for ever.
 *
 * Built when librdkafka is there (`make KAFKA=` leaves it out). Threads: one of its own
 * and librdkafka's. Memory: librdkafka's queue, bounded to 64 MiB unless `options` says
 * otherwise.
 */
#ifndef YG_INTAKE_KAFKA_H
#define YG_INTAKE_KAFKA_H

#include "intake/intake.h"

extern const struct yg_intake_kind yg_intake_kafka;

#endif
