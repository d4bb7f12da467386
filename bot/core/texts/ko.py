"""한국어. 무슨 일이 있었는지, 지금 무엇을 하면 되는지 말합니다."""

SENTENCES = {
    # 답변과 함께
    "length": "길이 제한에 도달해 답변이 여기서 끊겼습니다. "
    "이어서 보시려면 “계속” 버튼을 누르거나 저에게 “계속”이라고 써 주세요.",
    "continue_empty": "모델이 더 덧붙일 내용이 없었습니다.",
    "continue_too_long": "답변이 너무 길어져 이어서 쓸 수 없습니다. 빠진 내용을 따로 물어봐 주세요.",
    "continue_unasked": "길이 제한에 도달해 답변이 여기서 끊겼습니다. "
    "질문이 더 이상 남아 있지 않아 이어서 쓸 수 없습니다.",
    "content_filter": "모델의 콘텐츠 필터가 이 답변을 중단했습니다.",
    "refusal": "모델이 이 요청에 답하기를 거절했습니다.",
    "broken_off": "모델의 답변이 여기서 끊겼습니다. 다시 물어봐 주세요.",
    "only_reasoned": "모델이 생각한 내용만 쓰고 답변은 따로 쓰지 않았습니다. 위의 글은 모델이 생각한 내용입니다.",
    "finish_unknown": "모델이 알 수 없는 이유로 답변을 마쳤습니다. 답변이 완전하지 않을 수 있습니다.",
    "direct_threads": "여기에 새 메시지를 보내면 새 대화가 시작됩니다. "
    "이 대화를 이어 가려면 스레드에 답글을 써 주세요.",
    "direct_topics": "여기에 쓰시는 내용은 하나의 대화로 이어집니다. 새로 시작하려면 “새 주제”라고 써 주세요. "
    "예전 대화를 이어 가려면 그 메시지에 답장해 주세요.",
    "late_minutes": "늦은 답변입니다. {minutes}분 전에 질문하셨을 때 제가 자리에 없었습니다.",
    "late_hours": "늦은 답변입니다. 약 {hours}시간 전에 질문하셨을 때 제가 자리에 없었습니다.",
    "thread_unread": "여기에서 전에 오간 대화를 읽지 못했습니다. 그래서 답변이 요점을 놓쳤을 수 있습니다.",
    "whole_in_file": "여기까지가 답변의 앞부분입니다. 전체 답변은 아래 파일에 있습니다.",
    # 명령을 받은 뒤
    "mode_quiet_thread": "이제 이 스레드에서는 멘션하셔도 답하지 않겠습니다. "
    "되돌리려면 여기에서 저를 멘션하고 “다시 들어 줘”라고만 써 주세요.",
    "mode_quiet_channel": "이제 이 채널에서는 멘션하셔도 답하지 않겠습니다. "
    "되돌리려면 저를 멘션하고 “이 채널에서 다시 들어 줘”라고 써 주세요. "
    "한 스레드에서만 되돌리려면 그 스레드에서 “다시 들어 줘”라고 써 주세요.",
    "mode_quiet_direct": "이제 다이렉트 메시지에 답하지 않겠습니다. "
    "되돌리려면 새 메시지로 “다시 들어 줘”라고만 써 주세요.",
    "mode_auto_thread": "다시 듣고 있습니다. 이 스레드에서는 멘션하신 메시지와 분명히 저에게 하신 말씀에 답하겠습니다. "
    "바꾸려면 저를 멘션하고 “멘션할 때만” 또는 “조용히”라고 써 주세요.",
    "mode_auto_channel": "다시 듣고 있습니다. 이 채널에서는 멘션하신 메시지에, 제가 참여한 스레드에서는 "
    "분명히 저에게 하신 말씀에도 답하겠습니다. "
    "바꾸려면 저를 멘션하고 “이 채널에서 멘션할 때만” 또는 “이 채널에서 조용히”라고 써 주세요.",
    "mode_auto_direct": "다시 듣고 있습니다. 다이렉트 메시지에 모두 답하겠습니다. "
    "바꾸려면 새 메시지로 “조용히”라고만 써 주세요.",
    "mode_mention_thread": "이제 이 스레드에서는 멘션하실 때만 답하겠습니다. "
    "되돌리려면 여기에서 저를 멘션하고 “다시 들어 줘”라고만 써 주세요.",
    "mode_mention_channel": "이제 이 채널에서는 멘션하실 때만 답하겠습니다. "
    "되돌리려면 저를 멘션하고 “이 채널에서 다시 들어 줘”라고 써 주세요.",
    "mode_mention_direct": "다이렉트 메시지에는 멘션이 필요 없으므로 계속 모두 답하겠습니다. "
    "조용히 있기를 바라시면 새 메시지로 “조용히”라고만 써 주세요.",
    "long_answers_file_thread": "이제 이 스레드에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. "
    "파일을 보낼 수 없으면 메시지로 보내겠습니다. "
    "되돌리려면 여기에서 저를 멘션하고 “긴 답변은 메시지로”라고만 써 주세요.",
    "long_answers_file_channel": "이제 이 채널에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. "
    "파일을 보낼 수 없으면 메시지로 보내겠습니다. "
    "되돌리려면 저를 멘션하고 “이 채널에서 긴 답변은 메시지로”라고 써 주세요.",
    "long_answers_file_direct": "이제 다이렉트 메시지에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. "
    "파일을 보낼 수 없으면 메시지로 보내겠습니다. "
    "되돌리려면 새 메시지로 “긴 답변은 메시지로”라고만 써 주세요.",
    "long_answers_messages_thread": "이제 이 스레드에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. "
    "바꾸려면 여기에서 저를 멘션하고 “긴 답변은 파일로”라고만 써 주세요.",
    "long_answers_messages_channel": "이제 이 채널에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. "
    "바꾸려면 저를 멘션하고 “이 채널에서 긴 답변은 파일로”라고 써 주세요.",
    "long_answers_messages_direct": "이제 다이렉트 메시지에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. "
    "바꾸려면 새 메시지로 “긴 답변은 파일로”라고만 써 주세요.",
    "forgotten": "이 대화의 가장 오래된 메시지 {messages}개는 이제 제게 보이지 않습니다.",
    "forgotten_one": "이 대화의 가장 오래된 메시지 하나는 이제 제게 보이지 않습니다.",
    "summarized": "이 대화의 가장 오래된 메시지 {messages}개는 이제 제게 요약으로만 보입니다.",
    "summarized_one": "이 대화의 가장 오래된 메시지 하나는 이제 제게 요약으로만 보입니다.",
    "stopped": "요청에 따라 여기서 멈췄습니다.",
    "stopped_unanswered": "요청에 따라 멈췄습니다.",
    "images_unseen": "제가 쓰는 모델은 이미지를 볼 수 없어 {names} 없이 답했습니다.",
    "attached_first_characters": "메시지에 딸린 내용 {total}자 가운데 앞의 {kept}자만 읽었습니다.",
    "file_first_pages": "{name} 파일은 전체 {total}쪽 가운데 앞의 {kept}쪽만 읽었습니다.",
    "file_first_characters": "{name} 파일은 전체 {total}자 가운데 앞의 {kept}자만 읽었습니다.",
    "file_beginning": "{name} 파일은 앞의 {kept}자만 읽었습니다.",
    "file_empty": "{names} 파일을 읽지 못했습니다. 내용이 비어 있습니다.",
    "file_no_text": "{names} 파일을 읽지 못했습니다. 텍스트가 없는 PDF입니다. "
    "스캔한 문서라면 각 쪽을 이미지로 보내 주세요.",
    "file_broken": "{names} 파일을 읽지 못했습니다. 손상되었거나 이름과 다른 형식입니다.",
    "file_locked": "{names} 파일을 읽지 못했습니다. 암호로 보호되어 있습니다.",
    "file_too_many_pixels": "{names} 파일을 읽지 못했습니다. 이미지가 너무 큽니다. 더 작은 이미지를 보내 주세요.",
    "file_too_complex": "{names} 파일을 읽지 못했습니다. 읽는 데 시간이 너무 오래 걸립니다. 일부만 보내 주세요.",
    "file_unsupported": "{names} 파일을 읽지 못했습니다. 이미지(PNG, JPEG, GIF, WebP), 텍스트, PDF만 읽습니다.",
    "file_not_read": "{names} 파일을 읽지 못했습니다. 제 쪽에서 문제가 생겼습니다. 다시 보내 주세요.",
    "file_too_big": "{names} 파일을 읽지 못했습니다. 크기가 {megabytes}MB를 넘습니다.",
    "file_too_many": "{names} 파일은 읽지 않았습니다. 한 번에 받은 파일이 너무 많습니다. 나누어 보내 주세요.",
    "file_gone": "{names} 파일을 읽지 못했습니다. 삭제된 파일입니다.",
    "file_elsewhere": "{names} 파일을 읽지 못했습니다. 다른 서비스에 있는 파일입니다. 파일을 직접 올려 주세요.",
    "file_forbidden": "{names} 파일을 읽지 못했습니다. 파일을 열 권한이 없습니다. 저를 운영하는 분께 알려 주세요.",
    "file_pending": "{names} 파일은 시간이 오래 걸려 아직 읽지 못했습니다. 다시 물어보시면 이어서 읽겠습니다.",
    "file_not_fetched": "{names} 파일을 내려받지 못했습니다. 다시 보내 주세요.",
    # 답변 아래의 버튼
    "button_stop": "중지",
    "button_continue": "계속",
    "button_repeat": "다시 시도",
    "button_receipt": "자세히",
    "feedback_good": "좋은 답변",
    "feedback_bad": "아쉬운 답변",
    # 슬래시 명령을 쓴 사람에게
    "command_mention": "저는 슬래시 명령을 받지 않습니다. 물어보시려면 메시지에서 저를 멘션해 주세요. "
    "{mention} 뒤에 질문을 쓰시면 그 스레드에서 답하겠습니다.",
    # 비공개로 물어본 사람에게
    "rest_in_doubt": "여기까지가 답변의 앞부분입니다. 나머지가 도착했는지 디스코드에서 확인해 주지 않았고, "
    "여기에는 파일을 올릴 수 없습니다. “다시 시도”를 누르면 다시 답합니다.",
    "private_over": "이 비공개 답변은 여기서 끝납니다. 디스코드에서는 비공개 답변을 15분 동안만 쓸 수 있습니다. "
    "필요하시면 다시 물어봐 주세요.",
    # 권한이 없을 때. 따옴표 안은 디스코드의 권한 이름
    "lacks_threads": "이 채널에서 스레드를 만들 수 없어 여기에 답합니다. "
    "채널 관리자가 “공개 스레드 만들기” 권한을 주시면 됩니다.",
    "lacks_posts_in_threads": "이 채널의 스레드에 글을 쓸 수 없어 여기에 답합니다. "
    "채널 관리자가 “스레드에서 메시지 보내기” 권한을 주시면 됩니다.",
    "lacks_files": "이 채널에 파일을 올릴 수 없어 메시지로 보냅니다. 채널 관리자가 “파일 첨부” 권한을 주시면 됩니다.",
    "lacks_answers": "#{channel} 채널에서는 답할 수 없습니다. 채널 관리자가 “메시지 보내기” 권한을 주시면 됩니다.",
    "lacks_answers_in_threads": "#{channel} 채널의 스레드에서는 답할 수 없습니다. "
    "채널 관리자가 “스레드에서 메시지 보내기” 권한을 주시면 됩니다.",
    "lacks_view": "#{channel} 채널에서는 답할 수 없습니다. 채널 관리자가 “채널 보기” 권한을 주시면 됩니다.",
    "answer_blocked": "제 답변이 이 서버나 디스코드의 필터에 걸려 올릴 수 없습니다. "
    "서버 필터는 서버 설정 → AutoMod에서 관리자가 바꿀 수 있습니다.",
    # 멘션 없이 써서 디스코드가 저희에게 보여 주지 않는 메시지를 쓴 사람에게
    "content_unseen": "디스코드는 저를 멘션한 메시지만 보여 주기 때문에 이 메시지를 읽지 못했습니다. "
    "저를 멘션하시거나, 저를 운영하는 분께 “Message Content Intent”를 켜 달라고 해 주세요.",
    # 아직 말이 없을 때, 봇의 이름 뒤에
    "writing": "답변을 작성하고 있습니다…",
    "thinking": "생각하고 있습니다…",
    # 답변 대신
    # 질문을 보관해 두는 동안
    "outage": "지금 모델에 연결할 수 없습니다. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_busy": "지금 모델이 너무 바쁩니다. 질문을 보관해 두었다가 여유가 생기는 대로 여기에 답하겠습니다.",
    "outage_silent": "지금 모델이 제때 답하지 않습니다. 질문을 보관해 두었다가 모델이 답하는 대로 여기에 올리겠습니다.",
    "outage_cut": "모델과의 연결이 자꾸 끊깁니다. 질문을 보관해 두었다가 연결이 안정되는 대로 여기에 답하겠습니다.",
    "outage_certificate": "지금 모델에 연결할 수 없습니다. 서버의 인증서를 신뢰할 수 없습니다. "
    "저를 운영하는 분께 알려 주세요. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_proxy": "지금 모델에 연결할 수 없습니다. 프록시가 연결을 허용하지 않습니다. "
    "저를 운영하는 분께 알려 주세요. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_name_not_found": "지금 모델에 연결할 수 없습니다. 모델 서버의 이름을 찾을 수 없습니다. "
    "저를 운영하는 분께 알려 주세요. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_refused": "지금 모델에 연결할 수 없습니다. 모델 서버가 연결을 거부합니다. "
    "질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_no_tls": "지금 모델에 연결할 수 없습니다. 서버가 주소와 달리 TLS로 통신하지 않습니다. "
    "저를 운영하는 분께 알려 주세요. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.",
    "outage_server_error": "지금 모델 서버에 오류가 있습니다. "
    "질문을 보관해 두었다가 서버가 회복되는 대로 여기에 답하겠습니다.",
    "outage_overloaded": "지금 모델 서버가 과부하 상태이거나 아직 준비되지 않았습니다. "
    "질문을 보관해 두었다가 여유가 생기는 대로 여기에 답하겠습니다.",
    "outage_gateway": "지금 모델 앞의 게이트웨이가 모델의 응답을 받지 못하고 있습니다. "
    "질문을 보관해 두었다가 모델이 응답하는 대로 여기에 답하겠습니다.",
    "empty_answer": "모델의 답변이 비어 있었습니다. 질문을 조금 바꾸어 다시 물어봐 주세요.",
    "empty_length": "모델이 한 글자도 쓰기 전에 길이 제한 {limit}토큰을 모두 썼습니다. "
    "더 짧은 답을 부탁하거나, 저를 운영하는 분께 OPENAI_MAX_TOKENS 값을 늘려 달라고 해 주세요.",
    "tool_calls": "모델이 도구를 쓰려고 했지만 저에게는 도구가 없습니다. 질문을 조금 바꾸어 다시 물어봐 주세요.",
    "question_blank": "답할 글이 보이지 않습니다. 저에게 질문을 써 주세요.",
    "question_too_long": "질문이 너무 깁니다. 지시문을 합쳐 {tokens}토큰인데 {budget}토큰까지만 보낼 수 있습니다. "
    "줄이거나 나누어 보내 주세요.",
    "model_rate_limited": "지금 모델이 너무 바쁩니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_unavailable": "모델에 연결할 수 없었습니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_certificate": "모델에 연결할 수 없었습니다. 서버의 인증서를 신뢰할 수 없습니다. "
    "저를 운영하는 분께 알려 주세요.",
    "model_proxy": "모델에 연결할 수 없었습니다. 프록시가 연결을 허용하지 않습니다. 저를 운영하는 분께 알려 주세요.",
    "model_name_not_found": "모델에 연결할 수 없었습니다. 모델 서버의 이름을 찾을 수 없습니다. "
    "저를 운영하는 분께 알려 주세요.",
    "model_refused": "모델에 연결할 수 없었습니다. 모델 서버가 연결을 거부했습니다. "
    "몇 분 뒤에 다시 물어봐 주세요. 계속되면 저를 운영하는 분께 알려 주세요.",
    "model_no_tls": "모델에 연결할 수 없었습니다. 서버가 주소와 달리 TLS로 통신하지 않습니다. "
    "저를 운영하는 분께 알려 주세요.",
    "model_server_error": "모델 서버에 오류가 있었습니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_overloaded": "모델 서버가 과부하 상태이거나 아직 준비되지 않았습니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_gateway": "모델 앞의 게이트웨이가 모델의 응답을 받지 못했습니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_timeout": "모델이 제때 답하지 않았습니다. 다시 물어봐 주세요.",
    "model_cut": "모델과의 연결이 자꾸 끊깁니다. 몇 분 뒤에 다시 물어봐 주세요.",
    "model_quota": "모델 사용 한도를 모두 썼습니다. 저를 운영하는 분께 알려 주세요.",
    "model_auth": "모델이 제 키를 받아들이지 않습니다. 저를 운영하는 분께 알려 주세요.",
    "model_not_found": "제가 쓰도록 설정된 모델을 찾을 수 없습니다. 저를 운영하는 분께 알려 주세요.",
    "model_address": "모델 주소에서 응답하는 것이 모델 서버가 아닙니다. "
    "저를 운영하는 분께 OPENAI_BASE_URL 값을 확인해 달라고 해 주세요.",
    "model_context_length": "이 대화는 모델이 받을 수 있는 길이를 넘었습니다. "
    "새 대화를 시작하거나, 저를 운영하는 분께 CONTEXT_TOKENS 설정을 부탁해 주세요.",
    "model_reply_length": "모델이 제가 부탁하도록 설정된 길이만큼 긴 답변을 쓰지 못합니다. "
    "저를 운영하는 분께 OPENAI_MAX_TOKENS 값을 줄여 달라고 해 주세요.",
    "model_system": "모델이 질문과 따로 보내는 지시문을 받지 않습니다. 저를 운영하는 분께 알려 주세요.",
    "model_images": "제가 쓰는 모델은 이미지를 볼 수 없습니다. 이미지의 내용을 글로 설명해 주세요.",
    "model_bad_request": "모델이 제 요청을 거부했습니다. 저를 운영하는 분께 알려 주세요.",
    "internal": "제 쪽에서 문제가 생겼습니다. 다시 물어봐 주세요. 계속되면 저를 운영하는 분께 알려 주세요.",
}

LABELS = {
    # 긴 답변을 담은 파일
    "answer_file": "전체 답변",
    # 질문에 글자가 없을 때 스레드의 이름
    "thread_name": "대화",
    # 답변의 상세 정보
    "receipt_title": "상세 정보",
    "close": "닫기",
    "loading": "잠시만 기다려 주세요…",
    "receipt_private": "이 답변의 상세 정보는 질문하신 분만 볼 수 있습니다.",
    "receipt_unknown": "상세 정보가 없습니다. 제 답변이 아니거나 더 이상 남아 있지 않은 답변입니다.",
    "receipt_away": "지금은 찾아볼 수 없습니다. 잠시 뒤에 다시 시도해 주세요.",
    "receipt_answer": "답변",
    "receipt_tokens": "토큰과 비용",
    "receipt_sent": "모델에 보낸 내용 (오래된 것부터)",
    "receipt_left_out": "보내지 않은 내용과 그 이유",
    "receipt_never_sent": "모델에 묻지 않았습니다.",
    "receipt_turn": "턴 {turn}: {state}",
    "receipt_feedback": "평가: 좋음 {good}, 아쉬움 {bad}",
    "receipt_completion": "모델 호출 {completion}, {variant}번째 답변: {outcome}",
    "receipt_model": "모델: {value}",
    "receipt_response_model": "서버가 알린 모델: {value}",
    "receipt_response": "응답: {value}",
    "receipt_fingerprint": "시스템 핑거프린트: {value}",
    "receipt_finish": "종료 이유: {value}",
    "receipt_temperature": "온도: {value}",
    "receipt_seed": "시드: {value}",
    "receipt_stop": "중지 문자열: {value}",
    "receipt_max_tokens": "답변의 최대 토큰 수: {value}",
    "receipt_started": "물어본 시각: {value}",
    "receipt_first_token": "첫 토큰까지: {value}",
    "receipt_total": "끝날 때까지: {value}",
    "receipt_seconds": "{seconds}초",
    "receipt_prompt": "프롬프트: {value}",
    "receipt_cached": "그중 캐시: {value}",
    "receipt_completion_tokens": "답변: {value}",
    "receipt_reasoning": "그중 추론: {value}",
    "receipt_estimate": "프롬프트 (보내기 전 예상): {value}",
    "receipt_cost": "비용: {value}",
    "receipt_none": "–",
    "receipt_nothing": "없습니다.",
    "receipt_more": "… 그 전의 {more}개는 threadbot prompt {turn} 명령으로 모두 볼 수 있습니다.",
    "receipt_system": "시스템 프롬프트",
    "receipt_example": "예시",
    "receipt_older": "이전 메시지",
    "receipt_go_on": "이어서 쓰라는 요청",
    "receipt_summary": "이전 대화의 요약",
    "receipt_file": "파일 {name}",
    "receipt_bot": "봇",
    "receipt_pinned": "고정됨",
    "receipt_count": "{tokens}토큰",
    "outcome_started": "진행 중",
    "outcome_complete": "완료",
    "outcome_stopped": "중지됨",
    "outcome_changed": "질문이 바뀌어 그만둠",
    "outcome_empty": "비어 있음",
    "outcome_lost": "봇이 멈추면서 사라짐",
    "outcome_failed": "실패 ({code})",
    "state_pending": "대기 중",
    "state_running": "답변 작성 중",
    "state_answered": "답변을 보여 주는 중",
    "state_shown": "답변함",
    "state_failed": "실패",
    "state_stopped": "중지됨",
    "state_removed": "철회됨",
    "reason_budget": "오래된 내용이라 프롬프트 길이 제한을 넘음",
    "reason_summarized": "요약으로만 보냄",
    "reason_hidden": "리액션으로 숨김",
    "reason_cut": "대화를 새로 시작하기 전의 내용",
    "reason_deleted": "삭제됨",
    "reason_variant": "다른 답변으로 바뀜",
    "reason_no_answer": "답변이 없었음",
    "reason_later": "나중에 알게 됨",
    "reason_command": "봇에게 한 명령",
    "reason_never_read": "읽지 못함 (스레드가 너무 길거나 읽을 수 없음)",
    "reason_unknown": "알 수 없음",
    # 홈 탭
    "home_who": "*저는 {name}입니다.* 채널에서 저를 멘션하시거나 *메시지* 탭에 글을 써 주세요. 스레드에서 답하고, "
    "그 스레드의 대화를 기억합니다.",
    "home_model": "답변은 {model} 모델이 작성하며, 틀릴 수 있습니다.",
    "home_demo": "아직 연결된 언어 모델이 없어, 모델에 무엇을 보냈을지만 알려 드립니다.",
    "home_sees_title": "제가 보고 보관하는 것",
    "home_sees": "• 초대받은 채널의 대화를 볼 수 있습니다. 저에게 질문하신 스레드만 보관합니다. 그 스레드의 메시지와 "
    "파일에서 읽은 내용, 제 답변이 저를 운영하는 분의 데이터베이스에 남습니다.\n"
    "• 질문하실 때 그 스레드의 내용만 모델에 보냅니다.\n"
    "• 수정하거나 삭제하신 내용은 저도 고치거나 지웁니다.\n"
    "• 답변 아래의 *자세히*에서 모델에 보낸 내용을 볼 수 있습니다. 질문하신 분과 저를 운영하는 분만 볼 수 있습니다.",
    "home_how_title": "사용 방법",
    "home_how": "• 질문을 수정하시면 다시 답합니다.\n"
    "• 답변 아래에서 *다시 시도*, *자세히*, 평가 버튼을 누를 수 있습니다. 쓰는 동안에는 *중지*를 누를 수 있습니다.\n"
    "• 저를 멘션하고 “조용히”, “멘션할 때만”, “다시 들어 줘” 가운데 하나만 쓰시면 언제 답할지 정할 수 있습니다.\n"
    "• 저를 멘션하고 “긴 답변은 파일로”라고만 쓰시면 긴 답변을 파일로 보냅니다. "
    "“긴 답변은 메시지로”라고 쓰시면 되돌립니다.",
    "home_reactions": "메시지나 답변에 다는 리액션:",
    "reaction_pin": "대화가 길어져도 계속 기억합니다",
    "reaction_hide": "모델에 보내지 않습니다",
    "reaction_cut": "여기서부터 대화를 새로 시작합니다",
    "reaction_repeat": "다시 답합니다",
    "reaction_stop": "멈춥니다",
    "home_use_title": "이번 달 사용량",
    "home_use": "질문 {turns}개 · 보낸 토큰 {prompt_tokens} · 답변 토큰 {completion_tokens} · {cost}",
    "home_use_unknown": "지금은 찾아볼 수 없습니다.",
    # 추천 질문. 슬랙의 예처럼 그 자체로 온전한 부탁입니다
    "prompts_title": "이렇게 시작해 보세요",
    "app_description": "멘션하면 스레드에서 답하고, 그 스레드가 곧 대화입니다.",
    "agent_description": "스레드에서 질문에 답하고 그 대화를 기억합니다.",
    "prompt_explain_title": "설명해 주세요",
    "prompt_explain": "궁금한 것을 예를 들어 쉽게 설명해 주세요. 무엇인지 먼저 물어봐 주세요.",
    "prompt_write_title": "글을 다듬어 주세요",
    "prompt_write": "글을 더 짧고 분명하게 고치고 싶습니다. 어떤 글인지 먼저 물어봐 주세요.",
    "prompt_code_title": "코드를 봐 주세요",
    "prompt_code": "코드가 무엇을 하고 어떤 문제가 있을 수 있는지 알려 주세요. 먼저 코드를 보내 달라고 해 주세요.",
    "prompt_plan_title": "계획을 세워 주세요",
    "prompt_plan": "단계별로 계획을 세우고 싶습니다. 무엇을 할지 먼저 물어봐 주세요.",
    "shortcut_name": "이 답변의 상세 정보",
    "shortcut_description": "모델에 보낸 내용, 토큰, 비용",
    # 디스코드 명령의 이름과 설명, 그리고 그 명령에 대한 대답
    "command_ask": "질문",
    "command_ask_about": "저에게 물어봅니다. 비공개로 하지 않으면 모두가 볼 수 있습니다",
    "command_question": "내용",
    "command_question_about": "알고 싶은 것",
    "command_private": "비공개",
    "command_private_about": "질문과 답변이 나에게만 보입니다",
    "command_quiet": "조용히",
    "command_quiet_about": "여기에서는 멘션해도 답하지 않습니다",
    "command_listen": "다시듣기",
    "command_listen_about": "여기에서 다시 답합니다. 멘션과 분명히 저에게 하신 말씀에 답합니다",
    "command_mention_only": "멘션할때만",
    "command_mention_only_about": "여기에서는 멘션할 때만 답합니다",
    "command_details": "자세히",
    "command_details_about": "여기에서 마지막으로 받은 답변에 대해 모델에 보낸 내용, 토큰, 비용을 봅니다",
    "command_help": "도움말",
    "command_help_about": "사용 방법, 그리고 제가 보고 보관하는 것",
    "command_details_of": "자세히",
    "command_try_again": "다시 시도",
    "command_ask_this": "이 메시지에 대해 질문",
    "ask_this_message": "메시지 (줄이셔도 됩니다)",
    "ask_this_question": "질문",
    "ask_this_default": "이게 무슨 뜻인가요?",
    "as_commands": "명령어: /다시듣기, /조용히, /멘션할때만",
    "asked_when_quiet": "여기에서는 조용히 있으라고 하셔서 답하지 않습니다. `/다시듣기` 명령으로 되돌릴 수 있습니다.",
    "setting_overtaken": "그 뒤에 누군가 그 설정을 바꾸었습니다.",
    "repeats": "다시 답하겠습니다.",
    "not_an_answer": "제 답변이 아니거나 더 이상 남아 있지 않은 답변입니다.",
    "thread_locked": "이 스레드는 잠겨 있어 더 이상 글을 쓰지 않습니다.",
    "not_here": "여기에서는 답하지 않습니다. 필요하시면 저를 운영하는 분께 알려 주세요.",
    "command_unknown": "더 이상 없는 명령입니다. 디스코드를 다시 시작하면 지금 있는 명령이 보입니다.",
    "receipt_cut": "… 나머지는 너무 길어 여기에 보여 드릴 수 없습니다. "
    "threadbot prompt {turn} 명령으로 모두 볼 수 있습니다.",
    "help_how": "**사용 방법**\n"
    "- 채널에서 저를 멘션해 주세요. 스레드에서 답하고, 그 스레드의 대화를 기억합니다.\n"
    "- `/질문` 명령으로 멘션 없이, 원하시면 비공개로 물어볼 수 있습니다. "
    "메시지 메뉴(앱)의 *이 메시지에 대해 질문*으로 그 메시지에 대해 물어볼 수 있습니다.\n"
    "- 질문을 수정하시면 다시 답합니다. 답변 아래에서 *다시 시도*, *자세히*, 👍, 👎를 누를 수 있습니다.\n"
    "- `/조용히`, `/멘션할때만`, `/다시듣기` 명령으로 여기에서 언제 답할지 정합니다.",
    "help_direct": "- 다이렉트 메시지에서는 그냥 쓰시면 됩니다. “새 주제”라고 쓰시면 다른 대화를 시작합니다.",
    "help_sees": "**제가 보고 보관하는 것**\n"
    "- 저에게 질문하신 대화만 보관합니다. 그 대화의 메시지와 파일에서 읽은 내용, 제 답변이 저를 운영하는 분의 "
    "데이터베이스에 남습니다. 질문하실 때 그 대화의 내용만 모델에 보냅니다.\n"
    "- 수정하거나 삭제하신 내용은 저도 고치거나 지웁니다.\n"
    "- `/자세히` 명령으로 모델에 보낸 내용을 볼 수 있습니다. 질문하신 분과 저를 운영하는 분만 볼 수 있습니다.",
    "help_reactions": "**메시지나 답변에 다는 리액션**",
}
