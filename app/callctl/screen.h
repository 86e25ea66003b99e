/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The whole terminal for a picture that is drawn again and again. However the program ends,
 * signals included, the terminal is as it was before; it is also while the program is suspended.
 */

#include <stdbool.h>

/** Take the terminal over. 0, or -errno when standard input or output is none. */
int screen_open(void);

/** Give it back; does nothing when it was not taken. */
void screen_close(void);

/** Draw @p text from the top; what does not fit is cut. */
void screen_draw(const char *text);

/**
 * Wait for a key, at most @p ms milliseconds. Returns early when the window has another size or
 * was out of sight: then it wants to be drawn again.
 * @return The key, 0: none.
 */
int screen_key(int ms);
