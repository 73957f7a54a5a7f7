/* SPDX-License-Identifier: Apache-2.0 */
/*
 * about - what the desk knows of one alert (yg_desk_about), and how it is written as
 * JSON. Plain data, living with the arena of the call.
 */
#ifndef YG_DESK_ABOUT_H
#define YG_DESK_ABOUT_H

#include "base/jsonw.h"
#include "desk/effect.h"
#include "desk/inquiry.h"
#include "desk/note.h"
#include "desk/watch.h"

struct yg_desk_about {
    struct yg_desk_notes notes;
    const struct yg_asset *source, *target; /* NULL: not known */
    struct yg_desk_effect effect;
    struct yg_desk_hits hits;
    struct yg_inquirys questions;
};

/* As one object: notes, source_asset, target_asset, effect, watch_hits, questions. */
void yg_desk_about_json(struct yg_jsonw *w, const struct yg_desk_about *a);

void yg_desk_note_json(struct yg_jsonw *w, const struct yg_desk_note *n);
void yg_inquiry_json(struct yg_jsonw *w, const struct yg_inquiry *q);
void yg_asset_json(struct yg_jsonw *w, const struct yg_asset *a);
void yg_watch_list_json(struct yg_jsonw *w, const struct yg_watch_list *l);
void yg_watch_entry_json(struct yg_jsonw *w, const struct yg_watch_entry *e);

#endif
