/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls - the part of TLS that is in the clear, wherever in a conversation it begins.
 *
 * Records, handshake messages across records, hellos, the server's certificate (TLS 1.2
 * and before), alerts, and whether data went both ways. One exchange says it all: verb
 * "client-hello", target and host the name asked for, status the alert's number, answer
 * what became of the handshake. A conversation met midway is a "session". Other protocols
 * that turn into TLS (RDP, mail, FTP, LDAP) call it from where that happens.
 */
#ifndef YG_PACKET_TLS_H
#define YG_PACKET_TLS_H

#include "packet/app.h"

/* Does a TLS record (or, from a client, an SSLv2 hello) stand at the start of this? */
bool yg_tls_at(struct yg_str bytes);

/* Read both directions from `at`: sets talk->hello and adds the exchange. */
void yg_tls_from(struct yg_talk *talk, struct yg_arena *arena, const size_t at[YG_SIDES]);

#endif
