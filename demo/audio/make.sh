#!/bin/sh
# Makes caller.wav and callee.wav from words.tsv (start in seconds, who, words): 20 s, 8 kHz, mono, signed 16-bit.
# Needs espeak-ng and sox.
set -eu
cd "$(dirname "$0")"
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
for who in caller callee; do
  voice=en-us+f3
  [ "$who" = caller ] && voice=en-gb+m3
  set --
  n=0
  while IFS="$(printf '\t')" read -r start speaker words; do
    [ "$speaker" = "$who" ] || continue
    n=$((n + 1))
    espeak-ng -v "$voice" -s 165 -w "$parts/$n.wav" "$words"
    sox -D "$parts/$n.wav" -r 8000 -b 16 -c 1 "$parts/$who-$n.wav" pad "$start"
    set -- "$@" "$parts/$who-$n.wav"
  done < words.tsv
  sox -D -m -v 1 "$1" -v 1 "$2" -v 1 "$3" -r 8000 -b 16 -c 1 "$who.wav" pad 0 20 trim 0 20
done
