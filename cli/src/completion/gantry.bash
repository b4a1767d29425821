# Completion of gantry for bash 4.4 or newer:  source <(gantry completion bash)
_gantry() {
  local line=${COMP_LINE:0:COMP_POINT} answer value about typed
  COMPREPLY=()
  # What bash has of the word begins behind the last = or : of it, so a candidate must begin there too.
  typed=${line##*[[:space:]]}
  typed=${typed%"$2"}
  while IFS=$'\t' read -r value about; do
    if [[ $value == :files ]]; then
      compopt -o default 2> /dev/null
    else
      value=${value#"$typed"}
      COMPREPLY+=("$value")
      [[ $value == *= ]] && compopt -o nospace 2> /dev/null
    fi
  done < <("$1" __complete bash "$line" 2> /dev/null < /dev/null)
}
complete -o nosort -F _gantry gantry
