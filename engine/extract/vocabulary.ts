/**
 * Names that stand in every body of a known provider and hold nothing of a user's: they are not scanned as keys, and
 * a path may show them. Names outside the list are shown only where they have the look of a name.
 */

import { WordSet } from './word-set.ts';

/** Names that providers' own schemas use as keys. */
export const NAMES = new WordSet(`
model messages role content type text input output name tools tool_choice tool_calls tool_call_id function arguments
parameters properties description required additionalProperties items enum default strict format title anyOf oneOf
allOf minimum maximum minLength maxLength minItems maxItems pattern stream stream_options include_usage temperature
top_p top_k top_logprobs logprobs logit_bias max_tokens max_completion_tokens max_output_tokens presence_penalty
frequency_penalty stop stop_sequences response_format json_schema schema seed user metadata store reasoning
reasoning_effort reasoning_content verbosity summary effort parallel_tool_calls service_tier modalities audio
prediction instructions previous_response_id conversation truncation include prompt prompt_cache_key variables
background safety_identifier status call_id image_url detail file file_id file_data filename input_audio data refusal
annotations choices message finish_reason index delta usage prompt_tokens completion_tokens total_tokens
input_tokens output_tokens cached_tokens prompt_tokens_details completion_tokens_details input_tokens_details
output_tokens_details reasoning_tokens audio_tokens accepted_prediction_tokens rejected_prediction_tokens object
created created_at completed_at system_fingerprint error system thinking signature budget_tokens cache_control
input_schema tool_use_id is_error source media_type citations stop_reason stop_sequence content_block
cache_creation_input_tokens cache_read_input_tokens cache_creation server_tool_use contents parts
systemInstruction system_instruction generationConfig generation_config safetySettings safety_settings category
threshold functionDeclarations function_declarations functionCall functionResponse function_call response
toolConfig tool_config cachedContent inlineData inline_data mimeType mime_type fileData fileUri temperature
maxOutputTokens topP topK candidateCount stopSequences responseMimeType responseSchema thinkingConfig
thinkingBudget includeThoughts thoughtSignature thought candidates finishReason safetyRatings probability
usageMetadata promptTokenCount candidatesTokenCount totalTokenCount modelVersion responseId encoding_format
dimensions embedding item_id output_index content_index sequence_number encrypted_content
inferenceConfig additionalModelRequestFields toolSpec inputSchema toolUse toolResult toolUseId reasoningContent
reasoningText stopReason metrics latencyMs contentBlockIndex inputTokens outputTokens totalTokens anthropic_version
max_gen_len generation inputText textGenerationConfig outputText results chat_history preamble documents citations
conversation_id generation_id event_type is_finished prompt_eval_count eval_count total_duration load_duration
prompt_eval_duration eval_duration done_reason created_at keep_alive options suffix instances predictions
custom_id training_file input_file_id endpoint completion_window assistant_id thread_id additional_instructions
additional_messages tool_outputs jsonrpc protocolVersion capabilities clientInfo serverInfo structuredContent
parent_message_id parent_message_uuid attachments timezone author content_type conversationState currentMessage
userInputMessage assistantResponseMessage userInputMessageContext toolResults toolUses envState history modelId
reasoning_details native_finish_reason b64_json revised_prompt partial_image_index outputs completionReason tokenCount
inputTextTokenCount maxTokenCount prompt_token_count generation_token_count prompt_logprobs response_id image_file
required_action submit_tool_outputs step_details code_interpreter partial_json content_filter_results filtered
severity messageStart contentBlockStart contentBlockDelta contentBlockStop messageStop redactedContent signature
embeddings values statistics token_count task_type asset_pointer extracted_content file_name tool_plan tool_results
event_id session conversation_id previous_item_id transcript transcription turn_detection output_modalities
clientContent client_content realtimeInput realtime_input toolResponse tool_response functionResponses turns
turnComplete serverContent modelTurn setupComplete generationComplete
input_type embedding_types relevance_score generated_text max_new_tokens safety_ratings document_url image_base64
`);

const ENUMERATED: ReadonlySet<string> = new Set([
  'role',
  'type',
  'object',
  'finish_reason',
  'stop_reason',
  'status',
  'voice',
]);
/** Words that providers' own schemas use as values. */
export const VALUES = new WordSet(`
system user assistant tool developer function model text input_text output_text summary_text reasoning_text refusal
image_url input_image input_audio input_file file image document base64 url message function_call
function_call_output tool_use tool_result thinking redacted_thinking reasoning item_reference object string number
integer boolean array null json_object json_schema ephemeral auto any none enabled disabled adaptive
chat.completion chat.completion.chunk response list embedding completed in_progress incomplete stop length tool_calls
content_filter end_turn max_tokens stop_sequence
alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse
`);

/** Whether a string is one of a schema's own words under a key that takes only such: it is no text. */
export function isKnownValue(key: string, value: Buffer): boolean {
  return ENUMERATED.has(key) && VALUES.at(value, 0, value.length) !== null;
}

/** Names shown before, since the same ones come again and again; emptied when it is full. */
const SHOWN = new Map<string, string>();
const MAX_SHOWN = 1000;
const MAX_SHOWN_CHARS = 40;

/**
 * A name as a path may show it. A path is recorded in clear, and a key may itself be a value (a map from card number
 * to owner): what has not the look of a name, or has a run of digits or capitals like an id's, is shown as `*`.
 */
export function shownName(name: string): string {
  if (name.length > MAX_SHOWN_CHARS) return '*';
  const known = SHOWN.get(name);
  if (known !== undefined) return known;
  const shown = NAMES.has(name) || looksLikeName(name) ? name : '*';
  if (SHOWN.size === MAX_SHOWN) SHOWN.clear();
  SHOWN.set(name, shown);
  return shown;
}

function looksLikeName(name: string): boolean {
  if (!/^(?:[A-Za-z_$@-][A-Za-z0-9_$:.-]*|[0-9]{1,3})$/.test(name)) return false;
  return !/[0-9](?:[^0-9]?[0-9]){4}|[A-Z0-9]{12}|[A-Za-z0-9]{24}/.test(name);
}
