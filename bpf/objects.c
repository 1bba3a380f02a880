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

bool is_verbose;

static int keep_words(enum libbpf_print_level level, const char *format, va_list arguments) {
  char line[1024];

  if (level == LIBBPF_DEBUG) return 0;
  if (is_verbose) {
    va_list again;

    va_copy(again, arguments);
    vfprintf(stderr, format, again);
    va_end(again);
  }
  vsnprintf(line, sizeof(line), format, arguments);
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

/* Opens an object without the programs that the kernel has refused already. */
static struct bpf_object *open_object(struct loader *l, const char *name, const struct embedded *e, prepare_object *prepare) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
  struct bpf_object *object = bpf_object__open_mem(e->begin, e->end - e->begin, &options);
  struct bpf_program *program;
  struct bpf_map *map;

  if (!object) return NULL;
  if (prepare) prepare(object);
  bpf_object__for_each_map(map, object) {
    int fd = map_fd(l, bpf_map__name(map));

    if (fd >= 0 && !bpf_map__is_internal(map)) bpf_map__reuse_fd(map, fd);
    else if (strcmp(bpf_map__name(map), "ring") == 0) bpf_map__set_max_entries(map, l->ring_bytes);
  }
  bpf_object__for_each_program(program, object) {
    if (find_refusal(l, bpf_program__name(program))) bpf_program__set_autoload(program, false);
  }
  return object;
}

const char *find_refusal(const struct loader *l, const char *program) {
  for (unsigned int i = 0; i < l->refusal_count; i++)
    if (strcmp(l->refusals[i].program, program) == 0) return l->refusals[i].reason;
  return NULL;
}

/* Which program of the object the last words are about, as libbpf begins them: "prog 'NAME': ...". */
static bool note_refusal(struct loader *l, struct bpf_object *object) {
  struct refusal *refusal = &l->refusals[l->refusal_count];
  struct bpf_program *program;
  char begins[96];

  if (l->refusal_count == sizeof(l->refusals) / sizeof(l->refusals[0])) return false;
  bpf_object__for_each_program(program, object) {
    snprintf(begins, sizeof(begins), "prog '%s': ", bpf_program__name(program));
    if (strncmp(last_words, begins, strlen(begins)) != 0) continue;
    snprintf(refusal->program, sizeof(refusal->program), "%s", bpf_program__name(program));
    snprintf(refusal->reason, sizeof(refusal->reason), "%s", last_words + strlen(begins));
    l->refusal_count++;
    return true;
  }
  return false;
}

int load_object(struct loader *l, const char *name, char *reason, size_t size) {
  return load_object_as(l, name, NULL, reason, size);
}

void unload_object(struct loader *l, const char *name) {
  for (unsigned int i = 0; i < l->object_count; i++) {
    if (strcmp(bpf_object__name(l->objects[i]), name) != 0) continue;
    bpf_object__close(l->objects[i]);
    l->objects[i] = l->objects[--l->object_count];
    return;
  }
}

int load_object_as(struct loader *l, const char *name, prepare_object *prepare, char *reason, size_t size) {
  const struct embedded *e = find_embedded(name);
  int error = ENOENT;

  if (!e || l->object_count == MAX_OBJECTS) {
    snprintf(reason, size, "this build has no %s programs", name);
    return -ENOENT;
  }
  libbpf_set_print(keep_words);
  for (bool is_again = true; is_again;) {
    struct bpf_object *object;

    last_words[0] = 0;
    object = open_object(l, name, e, prepare);
    if (!object) {
      error = errno;
      break;
    }
    error = -bpf_object__load(object);
    if (!error) {
      l->objects[l->object_count++] = object;
      return 0;
    }
    is_again = note_refusal(l, object);
    bpf_object__close(object);
  }
  snprintf(reason, size, "%s", last_words[0] ? last_words : strerror(error));
  return -error;
}

void attach_program(struct loader *l, const char *name, enum weir_part_id part) {
  const char *refusal = find_refusal(l, name);
  struct bpf_program *program = NULL;
  struct bpf_link *link;

  if (refusal) return note_part(l, part, WEIR_PART_REFUSED, EINVAL, "%s", refusal);
  for (unsigned int i = 0; i < l->object_count && !program; i++)
    program = bpf_object__find_program_by_name(l->objects[i], name);
  if (!program) return note_part(l, part, WEIR_PART_REFUSED, ENOENT, "this build has no program %s", name);
  if (bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT) link = bpf_program__attach(program);
  else link = bpf_program__attach_cgroup(program, l->cgroup_fd);
  /* The link lives as long as this process, so that nothing keeps it. */
  if (link) note_part(l, part, WEIR_PART_ON, 0, "%s", bpf_program__section_name(program));
  else note_part(l, part, WEIR_PART_REFUSED, errno, "attaching was refused: %s", strerror(errno));
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

int add_own_process(struct loader *l, uint32_t tgid, uint64_t start_ns) {
  int fd = map_fd(l, "own");

  if (fd < 0) return ENOSYS;
  return bpf_map_update_elem(fd, &tgid, &start_ns, BPF_ANY) < 0 ? errno : 0;
}
