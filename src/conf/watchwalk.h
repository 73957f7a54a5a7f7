/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watchwalk - what of an event can stand in a list, in the forms that lists have it.
 *
 * One walk for all who look things up: the lists of files (conf/watchlist.h), which hold
 * alerts open, and those of the desk (desk/watch.h), which are shown. A name is told with
 * every domain above it, a host by its whole name and its first label, of an absolute URL
 * the host. Pure functions over bytes from outside; at most YG_WATCH_WORDS of a list.
 */
#ifndef YG_CONF_WATCHWALK_H
#define YG_CONF_WATCHWALK_H

#include "conf/watchlist.h"

struct yg_watch_form {
    enum yg_watch_type type;
    const unsigned char *bytes; /* the address whole; a name in lower case; a hash */
    size_t n;
    const char *where;   /* name of the field it stood in */
    struct yg_str value; /* as it stood there; empty of an address */
};
typedef void yg_watch_form_f(void *arg, const struct yg_watch_form *form);

struct yg_watch_walk {
    unsigned types; /* bits 1 << enum yg_watch_type: what is told; speed only */
    const char *where;
    yg_watch_form_f *each;
    void *arg;
};

void yg_watch_walk_ip(const struct yg_watch_walk *w, const unsigned char ip[16]);
/* A domain or address as text, with or without a port. */
void yg_watch_walk_name(const struct yg_watch_walk *w, struct yg_str name);
/* Every word of a text that is one. */
void yg_watch_walk_names(const struct yg_watch_walk *w, struct yg_str text);
/* All fields that can hold one; `w->where` is theirs. */
void yg_watch_walk_event(const struct yg_watch_walk *w, const struct yg_batch *b,
                         const struct yg_event *e);

#endif
