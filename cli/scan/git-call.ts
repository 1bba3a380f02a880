/**
 * How git is called: with arguments, never through a shell, and so that no setting of a repository that someone else
 * wrote makes it run a program. It writes nothing.
 */

/** Before the subcommand. A file system monitor is a program that a repository's own settings name. */
export const SAFE_GIT: readonly string[] = ['--no-pager', '--literal-pathspecs', '-c', 'core.fsmonitor=false'];

/** GIT_DIR and GIT_INDEX_FILE are kept: git sets them for a hook, and the index of `git commit -a` is another file. */
export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };
}
