// SPDX-License-Identifier: Apache-2.0
/*
 * The programs, which are part of this file's executable, and their maps. Each object stands for itself: one that the
 * kernel refuses leaves the others working. A map that an earlier object has made is lent to the later ones by name.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader.h"

/* Made by the build: every .bpf.o, by name. */
struct embedded {
  const char *name;
  const char *begin;
  const char *end;
};
extern const struct embedded embedded_objects[];

static const struct embedded *find_embedded(const char *name) {
  for (const struct embedded *e = embedded_objects; e->name; e++)
    if (strcmp(e->name, name) == 0) return e;
  return NULL;
}

/* The last thing that libbpf said, which says more than an errno: of a refused program, the verifier's last words. */
static char last_words[WEIR_REASON];

static int keep_words(enum libbpf_print_level level, const char *format, va_list arguments) {
  char line[1024];

  if (level == LIBBPF_DEBUG) return 0;
  vsnprintf(line, sizeof(line), format, arguments);
  if (getenv("WEIR_SENSOR_VERBOSE")) vfprintf(stderr, format, arguments);
  line[strcspn(line, "\n")] = 0;
  if (!strstr(line, "failed") && !strstr(line, "Error")) return 0;
  if (last_words[0]) return 0;
  snprintf(last_words, sizeof(last_words), "%s", strncmp(line, "libbpf: ", 8) == 0 ? line + 8 : line);
  return 0;
}

int map_fd(const struct loader *l, const char *name) {
  for (unsigned int i = 0; i < l->object_count; i++) {
    int fd = bpf_object__find_map_fd_by_name(l->objects[i], name);

    if (fd >= 0) return fd;
  }
  return -1;
}

int program_fd(const struct loader *l, const char *name) {
  for (unsigned int i = 0; i < l->object_count; i++) {
    struct bpf_program *program = bpf_object__find_program_by_name(l->objects[i], name);

    if (program) return bpf_program__fd(program);
  }
  return -1;
}

struct bpf_object *find_object(struct loader *l, const char *name) {
  for (unsigned int i = 0; i < l->object_count; i++)
    if (strcmp(bpf_object__name(l->objects[i]), name) == 0) return l->objects[i];
  return NULL;
}

int load_object(struct loader *l, const char *name, char *reason, size_t size) {
  const struct embedded *e = find_embedded(name);
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
  struct bpf_object *object;
  struct bpf_map *map;
  int error;

  if (!e || l->object_count == MAX_OBJECTS) {
    snprintf(reason, size, "this build has no %s programs", name);
    return -ENOENT;
  }
  libbpf_set_print(keep_words);
  last_words[0] = 0;
  object = bpf_object__open_mem(e->begin, e->end - e->begin, &options);
  if (!object) {
    error = errno;
    goto refused;
  }
  bpf_object__for_each_map(map, object) {
    int fd = map_fd(l, bpf_map__name(map));

    if (fd >= 0 && !bpf_map__is_internal(map)) bpf_map__reuse_fd(map, fd);
    else if (strcmp(bpf_map__name(map), "ring") == 0) bpf_map__set_max_entries(map, l->ring_bytes);
  }
  error = -bpf_object__load(object);
  if (error) {
    bpf_object__close(object);
    goto refused;
  }
  l->objects[l->object_count++] = object;
  return 0;

refused:
  snprintf(reason, size, "%s", last_words[0] ? last_words : strerror(error));
  return -error;
}

void write_settings(struct loader *l) {
  int fd = map_fd(l, "settings");
  uint32_t zero = 0;
  struct settings current;

  if (fd < 0) return;
  /* The depth may have been found by a program meanwhile. */
  if (bpf_map_lookup_elem(fd, &zero, &current) == 0 && l->settings.level < 0 && current.cgroup) {
    l->settings.level = current.level;
  }
  bpf_map_update_elem(fd, &zero, &l->settings, BPF_ANY);
}
