/* SPDX-License-Identifier: BSD-3-Clause */
#include "loopvc_priv.h"

static bool
round_rate(const struct loopvc_options *o, uint32_t flags, uint64_t *rate)
{
	uint64_t over = o->rate_step != 0 ? *rate % o->rate_step : 0;

	if (over == 0)
		return true;
	if ((flags & CO_MEDIA_F_ROUND_UP) != 0)
		*rate += o->rate_step - over;
	else if ((flags & CO_MEDIA_F_ROUND_DOWN) != 0)
		*rate -= over;
	else
		return false;
	return true;
}

static bool
round_spec(const struct loopvc_options *o, uint32_t flags, struct co_flowspec *spec)
{
	if (spec->peak_rate == 0)
		return true; /* not metered */
	if (spec->token_rate > spec->peak_rate)
		return false;
	if (!round_rate(o, flags, &spec->peak_rate) || !round_rate(o, flags, &spec->token_rate))
		return false;
	return spec->peak_rate != 0 && (o->rate_max == 0 || spec->peak_rate <= o->rate_max);
}

enum co_status
loopvc_round(const struct loopvc_options *options, struct co_media_params *media)
{
	return round_spec(options, media->flags, &media->tx) &&
			       round_spec(options, media->flags, &media->rx)
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_INVALID_DATA;
}
