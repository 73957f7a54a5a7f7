/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analysis - the packets of one alert, understood: conversations, outcome, anomalies.
 *
 * The one entry for features, explanation and display. Inputs may all be missing but the
 * ends; what is there is used: packets kept with the alert (pcap), the one packet and the
 * stream bytes that a sensor puts into the record. Runs in a sandboxed worker; a few
 * microseconds an alert without packets, about 2 ns a byte with. Results live with the
 * analyser until the next call. One thread at a time.
 */
#ifndef YG_PACKET_ANALYSIS_H
#define YG_PACKET_ANALYSIS_H

#include "base/arena.h"
#include "packet/community.h"
#include "packet/outcome.h"
#include "packet/track.h"

struct yg_analysis_in {
    struct yg_str pcap;    /* as yg_pcap_* writes; may be empty */
    struct yg_str packet;  /* one frame; may be empty */
    uint32_t linktype;     /* of `packet` */
    struct yg_str payload; /* stream bytes of one direction; may be empty */
    bool payload_to_server;
    bool has_ends;        /* `ends` is set */
    struct yg_tuple ends; /* of the alert; ports 0 when it has none */
    int64_t time_ns;      /* of the alert */
};

/* What the features and people read. */
struct yg_analysis {
    struct yg_talk **talk; /* by first packet */
    uint32_t talks;
    int main;           /* index of the alert's own conversation; -1: none */
    bool to_server;     /* the alert's source is the client of it */
    bool has_pcap;      /* more than what the record itself carried */
    uint64_t anomalies; /* of all conversations and packets */
    struct yg_outcome outcome;
    struct yg_arena *arena; /* for scratch that lives as long as the result */
};

struct yg_analyser;

enum yg_status yg_analyser_new(struct yg_analyser **out) YG_MUST_USE;
void yg_analyser_free(struct yg_analyser *a);

/* NULL: there is nothing to look at (no pcap, packet or payload). */
const struct yg_analysis *yg_analyse(struct yg_analyser *a,
                                     const struct yg_analysis_in *in);

#endif
