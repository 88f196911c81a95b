# ruff: noqa: SIM905 - as literal lists these would be a hundred lines
"""The request fields that each API knows; it refuses others."""

OPENAI_CHAT = frozenset(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages"
    " metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key"
    " prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier"
    " stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity"
    " web_search_options".split()
)
"""Those of `openai.types.chat.completion_create_params`, openai 3.52."""

OPENAI_RESPONSES = frozenset(
    "access_programs background context_management conversation image include input instructions max_output_tokens"
    " max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key"
    " prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options"
    " temperature text tool_choice tools top_logprobs top_p truncation user".split()
)
"""Those of `openai.types.responses.response_create_params`, openai 3.52."""

ANTHROPIC_MESSAGES = frozenset(
    "cache_control container context_management diagnostics effort inference_geo max_tokens mcp_servers messages"
    " metadata model output_config output_format service_tier speed stop_sequences stream system temperature thinking"
    " tool_choice tools top_k top_p".split()
)
"""Those of `anthropic.types.message_create_params`, anthropic 2.11, and the sampling that older models take."""

GEMINI_GENERATE = frozenset(
    "cachedContent contents generationConfig labels model safetySettings serviceTier store systemInstruction toolConfig"
    " tools".split()
)
"""ai.google.dev/api/generate-content"""

GEMINI_CONFIG = frozenset(
    "candidateCount enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs maxOutputTokens mediaResolution"
    " presencePenalty responseJsonSchema responseLogprobs responseMimeType responseModalities responseSchema seed"
    " speechConfig stopSequences temperature thinkingConfig topK topP".split()
)
"""ai.google.dev/api/generate-content#generationconfig"""
