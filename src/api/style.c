/* SPDX-License-Identifier: Apache-2.0 */
#include "api/style.h"

/* The assembler copies the file into the program: it stays a style sheet to edit, and no
 * tool has to run. The Makefile knows that style.o depends on it. */
__asm__(".section .rodata\n"
        ".local style_begin, style_end\n"
        "style_begin:\n"
        ".incbin \"src/api/style.css\"\n"
        "style_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char style_begin[], style_end[];

struct yg_str yg_style(void)
{
    return (struct yg_str){ style_begin, (size_t)(style_end - style_begin) };
}
