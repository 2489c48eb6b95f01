# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # set for those who source this
# What the scripts share: where things are, and how they speak.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LINE=6.12				# kernel line: patches/$LINE, build/linux-$LINE
BUILD=$TOP/build
TREE=$BUILD/linux-$LINE
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/page-bulk
PATCHES=$TOP/patches/$LINE

# Our files in the kernel tree lie at these paths, and at the same ones there
OURS=(include mm net Documentation tools/bulkctl)

# The same object from the same source: no date, user, host or checkout in it
export CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache} CCACHE_BASEDIR=$TOP CCACHE_NOHASHDIR=1
export KBUILD_BUILD_TIMESTAMP=2026-01-01 KBUILD_BUILD_USER=page-bulk KBUILD_BUILD_HOST=page-bulk
export PYTHONDONTWRITEBYTECODE=1

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# run_logged LOG WHAT COMMAND...: a long command. On a terminal a line counts
# its output lines; in a pipe there is one line when it ends. On failure the
# log's errors are shown.
run_logged() {
	local log=$1 what=$2 start=$SECONDS status=0
	shift 2
	mkdir -p "$(dirname "$log")"
	if [ -t 2 ]; then
		"$@" 2>&1 | tee "$log" | awk -v what="$what" '
			{ printf "\r\033[K%s: %d steps, %.60s", what, NR, $0 > "/dev/stderr"; fflush("/dev/stderr") }
			END { printf "\r\033[K" > "/dev/stderr" }' || true
		status=${PIPESTATUS[0]}
	else
		"$@" >"$log" 2>&1 || status=$?
	fi
	if [ "$status" != 0 ]; then
		grep -nE 'error|Error|warning: |\*\*\*|FAILED|No space' "$log" | head -n 40 >&2 || true
		say "$what failed (exit $status). The last lines; all of it is in $log:"
		tail -n 20 "$log" >&2
		return "$status"
	fi
	say "$what: done in $((SECONDS - start)) s"
}

# The version of our packages: bulkctl's; and before that is tagged, how many
# commits there are, and which is the last.
package_version() {
	local version

	version=$(sed -n 's/^#define BULKCTL_VERSION[[:space:]]*"\(.*\)"$/\1/p' "$TOP/tools/bulkctl/bulkctl.h")
	if git -C "$TOP" rev-parse -q --verify HEAD >/dev/null 2>&1 &&
		! git -C "$TOP" describe --exact-match --match "v$version" >/dev/null 2>&1; then
		version=$version~git$(git -C "$TOP" rev-list --count HEAD)
		version=$version.$(git -C "$TOP" describe --always --exclude='*' --dirty=.dirty)
	fi
	printf '%s\n' "$version"
}
