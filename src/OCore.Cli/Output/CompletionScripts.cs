namespace OCore.Cli.Output;

/// <summary>Each shell asks <c>ocore</c> itself what may come next.</summary>
internal static class CompletionScripts
{
    public const string Bash = """
        # ocore completion for bash. In ~/.bashrc: eval "$(ocore completion bash)"
        _ocore() {
            local word="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE:0:COMP_POINT}" reply
            COMPREPLY=()
            while IFS= read -r reply; do
                [[ "$reply" == "$word"* ]] && COMPREPLY+=("$reply")
            done < <(ocore "[suggest:${#line}]" "$line" 2>/dev/null)
        }
        complete -o default -F _ocore ocore
        """;

    public const string Zsh = """
        #compdef ocore
        # ocore completion for zsh. In ~/.zshrc, after compinit: eval "$(ocore completion zsh)"
        _ocore() {
            local line="${LBUFFER}"
            local -a replies
            replies=("${(@f)$(ocore "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- $replies
        }
        compdef _ocore ocore
        """;

    public const string Fish = """
        # ocore completion for fish. ocore completion fish > ~/.config/fish/completions/ocore.fish
        function __ocore_suggest
            set -l line (commandline -cp)
            ocore "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c ocore -f -a '(__ocore_suggest)'
        """;
}
