/* SPDX-License-Identifier: GPL-2.0-only */
/* The linker sends calls of pb_write_mode() to the wrapper, which can make them fail. */
#ifndef WRAP_H
#define WRAP_H

int __real_pb_write_mode(const char *user, const char *mode);
int __wrap_pb_write_mode(const char *user, const char *mode);

#endif /* WRAP_H */
