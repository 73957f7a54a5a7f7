/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldapfilter - an LDAP search filter as text (RFC 4511 4.5.1.7, RFC 4515).
 *
 * What is searched for tells a directory's reader from its thief, so people and features
 * read it: "(&(objectClass=user)(servicePrincipalName=*))". Values are not escaped but
 * for control bytes. To a fixed depth and length. Pure but for the arena.
 */
#ifndef YG_PACKET_LDAPFILTER_H
#define YG_PACKET_LDAPFILTER_H

#include "packet/der.h"
#include "packet/textbuf.h"

#define YG_LDAP_FILTER_MAX   1024 /* bytes of text */
#define YG_LDAP_FILTER_DEPTH 16

struct yg_str yg_ldap_filter_text(const struct yg_der *filter, struct yg_arena *arena);

#endif
