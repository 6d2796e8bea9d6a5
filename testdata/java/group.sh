#!/bin/bash
# group.sh OUT JDK FILE: make the dumps of one of the files of leaks/, by the JDK in that folder. make.sh runs several at a time.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
OUT=$1
use_jdk "$2"
LIBS= JAVA_OPTS=
. "$3"
